/** Warnings about masks; the step itself is right. */
import { list } from '../errors.js'

const shown = 3
/** The first few names of many. */
const some = (names: readonly string[]): string => list(names.length > shown ? [...names.slice(0, shown), '…'] : names)
const leaves = (names: readonly string[]): string =>
  names.length === 1 ? `the one leaf (${some(names)})` : `any of the ${names.length} leaves (${some(names)})`

export const maskChoosesNone = (who: string, names: readonly string[]): string =>
  `tfjs-optax: ${who}: the mask does not choose ${leaves(names)}; if that is meant, use false`
export const patternsFindNone = (
  who: string,
  what: string,
  patterns: readonly string[],
  names: readonly string[],
): string => `tfjs-optax: ${who}: no pattern of ${what} (${some(patterns)}) is found in the name of ${leaves(names)}`
