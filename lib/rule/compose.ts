/** What the ten operations of the language give when put together. */
import { checked } from '../call/checked.js'
import { add, lt, mul, select, sub, type Expr, type Operand } from './expr.js'

/** `-x` */
export const neg = /* @__PURE__ */ checked({ who: 'neg', takes: ['x'] }, (x: Operand): Expr => mul(-1, x))
/** `x * x` */
export const square = /* @__PURE__ */ checked({ who: 'square', takes: ['x'] }, (x: Operand): Expr => mul(x, x))
/** `decay * mean + (1 - decay) * x`: the exponential moving average; `1 - decay` is a float64 of the host. */
export const ema = /* @__PURE__ */ checked(
  { who: 'ema', takes: ['decay', 'mean', 'x'] },
  (decay: Operand, mean: Operand, x: Operand): Expr => add(mul(decay, mean), mul(sub(1, decay), x)),
)
/** The greater of the two; `a` where either is NaN. */
export const max = /* @__PURE__ */ checked({ who: 'max', takes: ['a', 'b'] }, (a: Operand, b: Operand): Expr =>
  select(lt(a, b), b, a),
)
/** The smaller of the two; `a` where either is NaN. */
export const min = /* @__PURE__ */ checked({ who: 'min', takes: ['a', 'b'] }, (a: Operand, b: Operand): Expr =>
  select(lt(b, a), b, a),
)
/** `x` between `low` and `high`; NaN stays NaN. */
export const clamp = /* @__PURE__ */ checked(
  { who: 'clamp', takes: ['x', 'low', 'high'] },
  (x: Operand, low: Operand, high: Operand): Expr => min(max(x, low), high),
)
/** 1, -1, or `x` itself where it is zero or NaN. */
export const sign = /* @__PURE__ */ checked({ who: 'sign', takes: ['x'] }, (x: Operand): Expr =>
  select(lt(0, x), 1, select(lt(x, 0), -1, x)),
)
