/**
 * The language for authors of rules, with a check of each call: the names of a rule's inputs can be misspelt, and
 * JavaScript's own operators do not work on symbols.
 */
import { checked } from '../call/checked.js'
import { notACondition } from '../errors.js'
import * as composed from './compose.js'
import * as expr from './expr.js'
import type { Cond, Expr, Operand } from './expr.js'
import * as hypers from './hyper.js'
import type { Hyper, HyperSpec } from './hyper.js'
import { isCond, isNode, operand } from './operand.js'

const unary = <R>(who: string, run: (x: Operand) => R) =>
  checked({ who, takes: ['x'] }, (x: Operand): R => run(operand(who, x)))
const binary = <R>(who: string, run: (a: Operand, b: Operand) => R) =>
  checked({ who, takes: ['a', 'b'] }, (a: Operand, b: Operand): R => run(operand(who, a), operand(who, b)))
const ternary = (who: string, takes: readonly string[], run: (a: Operand, b: Operand, c: Operand) => Expr) =>
  checked({ who, takes }, (a: Operand, b: Operand, c: Operand) =>
    run(operand(who, a), operand(who, b), operand(who, c)),
  )
const range = (who: string, spec: (value: Hyper) => HyperSpec) => checked({ who, takes: ['value'] }, spec)

/**
 * The sum `a + b`.
 *
 * @example
 * import { add, elementwise } from 'tfjs-optax/rule'
 * const shifted = elementwise({ name: 'shifted', step: ({ u }) => ({ u: add(u, 1) }) })
 */
export const add = /* @__PURE__ */ binary('add', expr.add)
/**
 * The difference `a - b`.
 *
 * @example
 * import { elementwise, sub } from 'tfjs-optax/rule'
 * const towards = elementwise({ name: 'towards', step: ({ u, p }) => ({ u: sub(u, p) }) })
 */
export const sub = /* @__PURE__ */ binary('sub', expr.sub)
/**
 * The product `a * b`.
 *
 * @example
 * import { elementwise, mul } from 'tfjs-optax/rule'
 * const halved = elementwise({ name: 'halved', step: ({ u }) => ({ u: mul(u, 0.5) }) })
 */
export const mul = /* @__PURE__ */ binary('mul', expr.mul)
/**
 * The quotient `a / b`.
 *
 * @example
 * import { div, elementwise } from 'tfjs-optax/rule'
 * const halved = elementwise({ name: 'halved', step: ({ u }) => ({ u: div(u, 2) }) })
 */
export const div = /* @__PURE__ */ binary('div', expr.div)
/**
 * The square root, NaN below zero.
 *
 * @example
 * import { abs, elementwise, mul, sign, sqrt } from 'tfjs-optax/rule'
 * const tamed = elementwise({ name: 'tamed', step: ({ u }) => ({ u: mul(sign(u), sqrt(abs(u))) }) })
 */
export const sqrt = /* @__PURE__ */ unary('sqrt', expr.sqrt)
/**
 * The absolute value, `|x|`.
 *
 * @example
 * import { abs, elementwise } from 'tfjs-optax/rule'
 * const sizes = elementwise({ name: 'sizes', step: ({ u }) => ({ u: abs(u) }) })
 */
export const abs = /* @__PURE__ */ unary('abs', expr.abs)
/**
 * `a < b`; false if one of them is NaN.
 *
 * @example
 * import { elementwise, lt, select } from 'tfjs-optax/rule'
 * const positives = elementwise({ name: 'positives', step: ({ u }) => ({ u: select(lt(0, u), u, 0) }) })
 */
export const lt = /* @__PURE__ */ binary('lt', expr.lt)
/**
 * False for NaN and the infinities.
 *
 * @example
 * import { elementwise, isFinite, select } from 'tfjs-optax/rule'
 * const safe = elementwise({ name: 'safe', step: ({ u }) => ({ u: select(isFinite(u), u, 0) }) })
 */
export const isFinite = /* @__PURE__ */ unary('isFinite', expr.isFinite)
/**
 * `a` if the condition holds, else `b`; the other one has no effect, even if it is NaN.
 *
 * @example
 * import { elementwise, lt, select } from 'tfjs-optax/rule'
 * const positives = elementwise({ name: 'positives', step: ({ u }) => ({ u: select(lt(0, u), u, 0) }) })
 */
export const select = /* @__PURE__ */ checked(
  { who: 'select', takes: ['cond', 'a', 'b'] },
  (cond: Cond, a: Operand, b: Operand): Expr => {
    if (!isNode(cond) || !isCond(cond)) throw notACondition(cond)
    return expr.select(cond, operand('select', a), operand('select', b))
  },
)

/**
 * The negative, `-x`.
 *
 * @example
 * import { elementwise, neg } from 'tfjs-optax/rule'
 * const descent = elementwise({ name: 'descent', step: ({ u }) => ({ u: neg(u) }) })
 */
export const neg = /* @__PURE__ */ unary('neg', composed.neg)
/**
 * The square, `x * x`.
 *
 * @example
 * import { elementwise, square } from 'tfjs-optax/rule'
 * const squares = elementwise({ name: 'squares', step: ({ u }) => ({ u: square(u) }) })
 */
export const square = /* @__PURE__ */ unary('square', composed.square)
/**
 * `decay * mean + (1 - decay) * x`: the exponential moving average; `1 - decay` is a float64 of the host.
 *
 * @example
 * import { elementwise, ema } from 'tfjs-optax/rule'
 * const smooth = elementwise({
 *   name: 'smooth',
 *   slots: { mean: 0 },
 *   step: ({ u, mean }) => ({ u: ema(0.9, mean, u), mean: ema(0.9, mean, u) }),
 * })
 */
export const ema = /* @__PURE__ */ ternary('ema', ['decay', 'mean', 'x'], composed.ema)
/**
 * The greater of the two; `a` if either is NaN.
 *
 * @example
 * import { elementwise, max } from 'tfjs-optax/rule'
 * const atLeast = elementwise({ name: 'atLeast', step: ({ u }) => ({ u: max(u, -1) }) })
 */
export const max = /* @__PURE__ */ binary('max', composed.max)
/**
 * The smaller of the two; `a` if either is NaN.
 *
 * @example
 * import { elementwise, min } from 'tfjs-optax/rule'
 * const atMost = elementwise({ name: 'atMost', step: ({ u }) => ({ u: min(u, 1) }) })
 */
export const min = /* @__PURE__ */ binary('min', composed.min)
/**
 * `x` limited to `low` and `high`; NaN stays NaN.
 *
 * @example
 * import { clamp, elementwise } from 'tfjs-optax/rule'
 * const clipped = elementwise({ name: 'clipped', step: ({ u }) => ({ u: clamp(u, -1, 1) }) })
 */
export const clamp = /* @__PURE__ */ ternary('clamp', ['x', 'low', 'high'], composed.clamp)
/**
 * 1, -1, or `x` itself if it is zero or NaN.
 *
 * @example
 * import { elementwise, sign } from 'tfjs-optax/rule'
 * const signs = elementwise({ name: 'signs', step: ({ u }) => ({ u: sign(u) }) })
 */
export const sign = /* @__PURE__ */ unary('sign', composed.sign)

/**
 * Any number that is finite as a float32.
 *
 * @example
 * import { finite, elementwise, mul } from 'tfjs-optax/rule'
 * const scaled = (by: number) =>
 *   elementwise({ name: 'scaled', hyper: { by: finite(by) }, step: ({ u }, { by }) => ({ u: mul(u, by) }) })
 * const tx = scaled(-0.1)
 */
export const finite = /* @__PURE__ */ range('finite', hypers.finite)
/**
 * Above 0 and finite, as a float32 too.
 *
 * @example
 * import { elementwise, mul, positive } from 'tfjs-optax/rule'
 * const scaled = (by: number) =>
 *   elementwise({ name: 'scaled', hyper: { by: positive(by) }, step: ({ u }, { by }) => ({ u: mul(u, by) }) })
 * const tx = scaled(0.1)
 */
export const positive = /* @__PURE__ */ range('positive', hypers.positive)
/**
 * At least 0 and finite.
 *
 * @example
 * import { elementwise, mul, nonNegative } from 'tfjs-optax/rule'
 * const scaled = (by: number) =>
 *   elementwise({ name: 'scaled', hyper: { by: nonNegative(by) }, step: ({ u }, { by }) => ({ u: mul(u, by) }) })
 * const tx = scaled(0)
 */
export const nonNegative = /* @__PURE__ */ range('nonNegative', hypers.nonNegative)
/**
 * The weight of the past in an average: in [0, 1).
 *
 * @example
 * import { decayRate, elementwise, mul } from 'tfjs-optax/rule'
 * const scaled = (by: number) =>
 *   elementwise({ name: 'scaled', hyper: { by: decayRate(by) }, step: ({ u }, { by }) => ({ u: mul(u, by) }) })
 * const tx = scaled(0.9)
 */
export const decayRate = /* @__PURE__ */ range('decayRate', hypers.decayRate)
