/** Errors about calls that do not fit the function's signature. */
import { list, nameOf } from '../errors.js'

/** The first items only, so that the message stays short. */
const some = (items: readonly string[]): string => list(items.length > 9 ? [...items.slice(0, 9), '…'] : items)

export const wrongCall = (who: string, takes: string, got: readonly unknown[]): TypeError =>
  new TypeError(`${who}: takes ${takes}, got (${some(got.map(nameOf))})`)
export const unknownOptions = (who: string, names: readonly string[], takes: string): TypeError =>
  new TypeError(`${who}: unknown option${names.length > 1 ? 's' : ''} ${some(names)}; it takes ${takes}`)
