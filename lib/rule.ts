/** The language for rules of one's own: `import { elementwise, ema, mul } from 'tfjs-optax/rule'`. */
export {
  abs,
  add,
  div,
  isFinite,
  lt,
  mul,
  select,
  sqrt,
  sub,
  type BinaryOp,
  type Cond,
  type Expr,
  type Operand,
  type Rate,
  type UnaryOp,
} from './rule/expr.js'
export { clamp, ema, max, min, neg, sign, square } from './rule/compose.js'
export { decayRate, finite, nonNegative, positive, type Hyper, type HyperSpec, type Schedule } from './rule/hyper.js'
export { printProgram } from './program/print.js'
export { printRule } from './rule/print.js'
export { type RuleDefinition, type Symbols } from './rule/define.js'
export { refuseUnknown } from './rule/options.js'
export type { Rule, Scalars, Total } from './rule/rule.js'
export { elementwise, type SlotState } from './elementwise.js'
