/** Says, once for each mask, that it chooses nothing: as a rule it was written for leaves of other names. */
import { maskChoosesNone, patternsFindNone } from '../errors/masks.js'

/** A list of patterns that a mask is made of. */
export interface PatternList {
  readonly what: string
  readonly sources: readonly string[]
  readonly finds: (name: string) => boolean
}

interface Made {
  /** the same object for all masks that are made from the same lists */
  readonly key: object
  readonly lists: readonly PatternList[]
}

const made = new WeakMap<object, Made>()
const looked = new WeakSet<object>()

/** Effects: the lists that a mask is made of are known from now on. */
export const withLists = <M extends object>(mask: M, of: Made): M => {
  made.set(mask, of)
  return mask
}

/** Effects: the mask may choose nothing without a warning, such as the complement of one that may choose all. */
export const mayBeEmpty = <M>(mask: M): M => {
  if (typeof mask === 'function') looked.add(mask)
  return mask
}

/**
 * Effects: a warning, at the first leaves that a mask is asked about, if it chooses none of them; of a mask that is made
 * from lists, if a list finds none: one whose lists find all leaves is empty by intention.
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
