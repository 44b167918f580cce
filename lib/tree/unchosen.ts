/** Warns, once for each mask, that it chooses nothing: most often it was written for leaves of other names. */
import { maskChoosesNone, patternsFindNone } from '../errors/masks.js'

/** A list of patterns that a mask is made of. */
export interface PatternList {
  readonly what: string
  readonly sources: readonly string[]
  readonly finds: (name: string) => boolean
}

interface Made {
  /** the same object for all masks made from the same lists */
  readonly key: object
  readonly lists: readonly PatternList[]
}

const made = new WeakMap<object, Made>()
const looked = new WeakSet<object>()

/** Effects: records the lists that a mask is made from. */
export const withLists = <M extends object>(mask: M, of: Made): M => {
  made.set(mask, of)
  return mask
}

/** Effects: exempts a mask from the warning, such as the complement of one that may choose all. */
export const mayBeEmpty = <M>(mask: M): M => {
  if (typeof mask === 'function') looked.add(mask)
  return mask
}

/**
 * Effects: warns if a mask chooses none of the first leaves that it is asked about. For a mask made from lists, warns
 * for each list that finds none instead: if the lists find all leaves, the empty choice is intended.
 */
export const warnUnchosen = (who: string, mask: object, names: readonly string[], choosesSome: boolean): void => {
  const { key, lists } = made.get(mask) ?? { key: mask, lists: null }
  if (names.length === 0 || looked.has(mask) || looked.has(key)) return
  looked.add(key)
  if (lists === null && !choosesSome) console.warn(maskChoosesNone(who, names))
  lists?.forEach(({ what, sources, finds }) => {
    if (sources.length > 0 && !names.some(finds)) console.warn(patternsFindNone(who, what, sources, names))
  })
}

/** Effects: the same for a value by path, whose lists may each find none. */
export const warnUnfound = (who: string, value: object, names: () => readonly string[]): void => {
  if (made.has(value) && !looked.has(value)) warnUnchosen(who, value, names(), true)
}
