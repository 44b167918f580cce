/** Errors of `lawsOf`: a law that does not hold, and options that cannot be meant. */
import { list, nameOf } from '../errors.js'

export const lawBroken = (name: string, law: string, what: string): Error => new Error(`${name}: ${law}: ${what}`)
export const noSuchLaw = (given: string, near: readonly string[], known: readonly string[]): TypeError =>
  new TypeError(
    `lawsOf: except names ${nameOf(given)}, which is no law${near.length === 0 ? '' : ` (did you mean ${list(near)}?)`}; the laws are ${list(known, known.length)}`,
  )
