/** Checks the operands that authors of rules pass. */
import { notAnOperand } from '../errors.js'
import { lit, type Cond, type Expr } from './expr.js'

export const isNode = (x: unknown): x is Expr | Cond => typeof x === 'object' && x !== null && 'op' in x && 'rate' in x
export const isCond = (x: Expr | Cond): x is Cond => x.op === 'lt' || x.op === 'isFinite'

/** An operand as an expression. */
export const operand = (who: string, x: unknown): Expr => {
  if (typeof x === 'number' && !Number.isNaN(x)) return lit(x) // NaN most often comes from arithmetic on undefined
  if (!isNode(x) || isCond(x)) throw notAnOperand(who, x)
  return x
}
