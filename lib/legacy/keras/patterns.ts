/** Which variables a list of regular expressions means, and such lists in a config that tfjs mangles. */
import type { MaskFunction } from '../../tree/mask.js'

/** What may follow a variable's name: nothing, as in tfjs, or the `:0` that TensorFlow puts there. */
export type Ends = readonly ('' | ':0')[]

/** tfjs calls the variables of a model that is built or loaded a second time `dense/kernel_1`. */
const firstName = (name: string): string => (name.includes('/') ? name.replace(/_\d+$/, '') : name)

/** Whether a pattern is found in a variable's name with one of the ends. */
const finds =
  (ends: Ends, exact: boolean) =>
  (pattern: string): ((name: string) => boolean) => {
    const expression = new RegExp(pattern)
    const isIn = (name: string): boolean => ends.some(end => expression.test(name + end))
    return name => isIn(name) || (!exact && isIn(firstName(name)))
  }

/**
 * What only one of Python and JavaScript knows, or both read differently: escapes such as \A, groups but for (?:, (?= and
 * their like, [] and [^], {,3}.
 */
const foreign =
  /\\[^\W\d_bBdDsSwWfnrtvxu]|\\x(?![\da-fA-F]{2})|\\u(?![\da-fA-F]{4})|\(\?(?!:|=|!|<=|<!)|\[\^?\]|\{,\d*\}/

/** Whether a text is a regular expression that Python and JavaScript read alike, as far as its syntax shows. */
export const isPortable = (pattern: string): boolean => {
  // An escaped sign, a backslash too, is just that sign.
  if (foreign.test(pattern.replace(/\\[\W_]/g, '.'))) return false
  try {
    new RegExp(pattern)
    return true
  } catch {
    return false
  }
}

export type Patterns = readonly string[] | null

/** `include` overrides `exclude`, and alone restricts nothing. Given `exact` ends, names are taken as they are. */
export const decayedBy = (include: Patterns, exclude: Patterns, exact?: Ends): MaskFunction => {
  const found = finds(exact ?? ['', ':0'], exact !== undefined)
  const [included, excluded] = [(include ?? []).map(found), (exclude ?? []).map(found)]
  return name => included.some(isIn => isIn(name)) || !excluded.some(isIn => isIn(name))
}

/** All but what the patterns find. */
export const allBut = (exclude: Patterns, exact?: Ends): MaskFunction => decayedBy(null, exclude, exact)

/** The first of two lists that has a pattern. */
export const either = (first: Patterns, second: Patterns): Patterns => (first?.length ? first : second)

// tfjs removes underscores from every string of a config that it loads; \x5f means the same to Python and JavaScript.
const escaped = String.raw`\x5f`

export const writePatterns = (patterns: Patterns): readonly string[] | null =>
  patterns === null
    ? null
    : patterns.map(pattern =>
        pattern.replace(/\\[\s\S]|_/g, token => (token === '_' || token === String.raw`\_` ? escaped : token)),
      )

export const readPatterns = (patterns: readonly string[]): readonly string[] =>
  patterns.map(pattern => pattern.replace(/\\(x5f|[\s\S])/g, token => (token === escaped ? '_' : token)))
