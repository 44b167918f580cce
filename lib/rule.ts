/** The language for custom rules: `import { elementwise, ema, mul } from 'tfjs-optax/rule'`. */
import './backends/fused/trial.js'

export {
  abs,
  add,
  clamp,
  decayRate,
  div,
  ema,
  finite,
  isFinite,
  lt,
  max,
  min,
  mul,
  neg,
  nonNegative,
  positive,
  select,
  sign,
  sqrt,
  square,
  sub,
} from './rule/language.js'
export type { BinaryOp, Cond, Expr, Operand, Rate, UnaryOp } from './rule/expr.js'
export type { Hyper, HyperSpec, Schedule } from './rule/hyper.js'
export { printProgram } from './program/print.js'
export { printRule } from './rule/print.js'
export type { RuleDefinition, Symbols } from './rule/definition.js'
export { refuseUnknown } from './rule/options.js'
export type { Rule, Scalars, Total } from './rule/rule.js'
export { elementwise, type SlotState } from './elementwise.js'
export { nest, type ArmDefinition, type NestDefinition, type NestState } from './nest.js'
