/** Guards authors of rules: checks their operands, and refuses JavaScript's own operators on nodes. */
import { notAnOperand } from '../errors.js'
import { expressionAsValue } from '../errors/rule.js'
import { lit, useNodePrototype, type Cond, type Expr } from './expr.js'

/** `u > 0 ? u : 0` would otherwise be 0 for every `u`. Only who writes rules imports this file. */
useNodePrototype(
  Object.freeze({
    __proto__: null,
    [Symbol.toPrimitive]: (): never => {
      throw expressionAsValue()
    },
  }),
)

export const isNode = (x: unknown): x is Expr | Cond => typeof x === 'object' && x !== null && 'op' in x && 'rate' in x
export const isCond = (x: Expr | Cond): x is Cond => x.op === 'lt' || x.op === 'isFinite'

/** An operand as an expression. */
export const operand = (who: string, x: unknown): Expr => {
  if (typeof x === 'number' && !Number.isNaN(x)) return lit(x) // NaN most often comes from arithmetic on undefined
  if (!isNode(x) || isCond(x)) throw notAnOperand(who, x)
  return x
}
