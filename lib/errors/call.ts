/** Calls that do not fit the function: what it takes, and what came. */
import { list, nameOf } from '../errors.js'

/** The first ones: a message stays short, whatever comes. */
const some = (items: readonly string[]): string => list(items.length > 9 ? [...items.slice(0, 9), '…'] : items)

export const wrongCall = (who: string, takes: string, got: readonly unknown[]): TypeError =>
  new TypeError(`${who}: takes ${takes}, got (${some(got.map(nameOf))})`)
export const unknownOptions = (who: string, names: readonly string[], takes: string): TypeError =>
  new TypeError(`${who}: unknown option${names.length > 1 ? 's' : ''} ${some(names)}; it takes ${takes}`)
