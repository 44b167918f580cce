/** Errors for the author of a rule. */
import { list } from '../errors.js'

export const expressionAsValue = (): TypeError =>
  new TypeError(
    'rule: an expression has no value yet, so JavaScript cannot compare, add or print it; write select(lt(a, b), x, y), add, sub, mul, div',
  )
export const foreignSymbol = (who: string, what: string, symbol: string, known: readonly string[]): TypeError =>
  new TypeError(`${who}: ${what} reads ${symbol}, which is no symbol that it was given; there are ${list(known)}`)
