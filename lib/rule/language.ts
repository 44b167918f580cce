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

/** `a + b` */
export const add = /* @__PURE__ */ binary('add', expr.add)
/** `a - b` */
export const sub = /* @__PURE__ */ binary('sub', expr.sub)
/** `a * b` */
export const mul = /* @__PURE__ */ binary('mul', expr.mul)
/** `a / b` */
export const div = /* @__PURE__ */ binary('div', expr.div)
/** The square root, NaN below zero. */
export const sqrt = /* @__PURE__ */ unary('sqrt', expr.sqrt)
/** `|x|` */
export const abs = /* @__PURE__ */ unary('abs', expr.abs)
/** `a < b`; false if one of them is NaN. */
export const lt = /* @__PURE__ */ binary('lt', expr.lt)
/** False for NaN and the infinities. */
export const isFinite = /* @__PURE__ */ unary('isFinite', expr.isFinite)
/** `a` if the condition holds, else `b`; the other one has no effect, even if it is NaN. */
export const select = /* @__PURE__ */ checked(
  { who: 'select', takes: ['cond', 'a', 'b'] },
  (cond: Cond, a: Operand, b: Operand): Expr => {
    if (!isNode(cond) || !isCond(cond)) throw notACondition(cond)
    return expr.select(cond, operand('select', a), operand('select', b))
  },
)

/** `-x` */
export const neg = /* @__PURE__ */ unary('neg', composed.neg)
/** `x * x` */
export const square = /* @__PURE__ */ unary('square', composed.square)
/** `decay * mean + (1 - decay) * x`: the exponential moving average; `1 - decay` is a float64 of the host. */
export const ema = /* @__PURE__ */ ternary('ema', ['decay', 'mean', 'x'], composed.ema)
/** The greater of the two; `a` if either is NaN. */
export const max = /* @__PURE__ */ binary('max', composed.max)
/** The smaller of the two; `a` if either is NaN. */
export const min = /* @__PURE__ */ binary('min', composed.min)
/** `x` limited to `low` and `high`; NaN stays NaN. */
export const clamp = /* @__PURE__ */ ternary('clamp', ['x', 'low', 'high'], composed.clamp)
/** 1, -1, or `x` itself if it is zero or NaN. */
export const sign = /* @__PURE__ */ unary('sign', composed.sign)

/** Any number that is finite as a float32. */
export const finite = /* @__PURE__ */ range('finite', hypers.finite)
/** Above 0 and finite, as a float32 too. */
export const positive = /* @__PURE__ */ range('positive', hypers.positive)
/** At least 0 and finite. */
export const nonNegative = /* @__PURE__ */ range('nonNegative', hypers.nonNegative)
/** The weight of the past in an average: in [0, 1). */
export const decayRate = /* @__PURE__ */ range('decayRate', hypers.decayRate)
