/** Errors for the author of a rule. */
import { list, nameOf, ValueError } from '../errors.js'

export const expressionAsValue = (): TypeError =>
  new TypeError(
    'rule: an expression has no value yet, so JavaScript cannot compare, add or print it; write select(lt(a, b), x, y), add, sub, mul, div',
  )
export const foreignSymbol = (who: string, what: string, symbol: string, known: readonly string[]): TypeError =>
  new TypeError(`${who}: ${what} reads ${symbol}, which is no symbol that it was given; there are ${list(known)}`)
export const cellPerElement = (who: string, cell: string): TypeError =>
  new TypeError(
    `${who}: the cell ${cell} is one number, so its next value cannot depend on elements; reduce them by a total`,
  )
export const cellOfLeaf = (who: string, cell: string, read: string): TypeError =>
  new TypeError(
    `${who}: the cell ${cell} is one number for the tree, so its next value cannot depend on ${read}, which each leaf has its own of`,
  )
export const badExtra = (who: string, name: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: needs extra.${name}, a number or a float32 scalar, got ${nameOf(got)}; minimize and fit pass the loss as value, update and makeStep take {${name}: …} as their last argument`,
  )
export const scalarDiffers = (who: string, scalar: string, byPath: readonly string[]): ValueError =>
  new ValueError(
    `${who}: ${scalar} must be the same for all leaves, since a number of the whole tree depends on it; ${list(byPath)} cannot be by path here`,
  )
