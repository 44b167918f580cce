import { lt, mul, select, sub, type Expr } from '../rule/expr.js'

/** `-step - decay p`; unless `weightDecay` is above 0, `p` has no effect, even if it is infinite. */
export const decayedStep = (step: Expr, p: Expr, weightDecay: Expr, decay = weightDecay): Expr =>
  select(lt(0, weightDecay), sub(mul(-1, mul(decay, p)), step), mul(-1, step))
