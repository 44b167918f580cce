/** The language for rules of one's own: `import { elementwise, ema, mul } from 'tfjs-optax/rule'`. */
export { abs, add, div, isFinite, lt, mul, select, sqrt, sub, type Cond, type Expr, type Operand } from './expr.js'
export { clamp, ema, max, min, neg, sign, square } from './compose.js'
export { decayRate, finite, nonNegative, positive, type Hyper, type HyperSpec, type Schedule } from './hyper.js'
export { printProgram, printRule } from './print.js'
export { refuseUnknown, type RuleDefinition } from './rule.js'
export { elementwise, type SlotState } from '../elementwise.js'
