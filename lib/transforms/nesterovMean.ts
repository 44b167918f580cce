/** The mean of updates as a direction: corrected for its start at zero, with or without a look one step ahead. */
import type { Symbols } from '../rule/definition.js'
import { add, mul, type Expr } from '../rule/expr.js'

/** The factors of the mean and of the update at step `t`. */
export const meanFactors = (t: number, b1: number, nesterov: boolean) =>
  nesterov ? { ahead: b1 / (1 - b1 ** (t + 1)), now: (1 - b1) / (1 - b1 ** t) } : { ahead: 1 / (1 - b1 ** t), now: 0 }

export const meanDirection = (mu: Expr, u: Expr, { ahead, now }: Symbols<'ahead' | 'now'>, nesterov: boolean): Expr =>
  nesterov ? add(mul(mu, ahead), mul(u, now)) : mul(mu, ahead)
