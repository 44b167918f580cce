/** Errors about paths into trees. */
import { KeyError, list, nameOf, short } from '../errors.js'

const at = (path: string): string => (path === '' ? 'the root' : short(path))

/** What is at the end of the part of a path that exists. */
export interface Reached {
  readonly path: string
  readonly value: unknown
  /** null if it has no keys */
  readonly keys: readonly string[] | null
}

export const notInTree = (who: string, path: string, reached: Reached, near: readonly string[]): KeyError => {
  const { keys, value } = reached
  const has = keys === null ? `is ${nameOf(value)}` : Array.isArray(value) ? `is ${nameOf(value)}` : `has ${list(keys)}`
  const hint = near.length === 0 ? '' : ` (did you mean ${list(near)}?)`
  return new KeyError(`${who}: there is no ${short(path)}: ${at(reached.path)} ${has}${hint}`)
}
export const inSeveralPlaces = (who: string, path: string, places: readonly string[]): KeyError =>
  new KeyError(`${who}: ${short(path)} is in several places: ${list(places)}; give the whole path`)
export const readInTwoWays = (who: string, path: string, ways: readonly string[]): KeyError =>
  new KeyError(
    `${who}: ${short(path)} can be read in several ways, since keys contain dots: ${list(ways)}; give the path as an array of keys`,
  )
