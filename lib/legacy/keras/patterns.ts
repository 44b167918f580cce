/** Masks from lists of regular expressions, and such lists in configs, which tfjs would change. */
import { badArgument } from '../../errors.js'
import type { MaskFunction } from '../../tree/mask.js'
import { linearFinder, linearPattern } from '../../tree/pattern/find.js'
import { withLists } from '../../tree/unchosen.js'

/** The ends of a variable's name: nothing, as in tfjs, or the `:0` that TensorFlow appends. */
export type Ends = readonly ('' | ':0')[]

/** Tests whether a pattern is found in a variable's name with one of the ends. */
const finds =
  (ends: Ends) =>
  (pattern: string): ((name: string) => boolean) => {
    const finder = linearFinder(pattern)
    if (finder === null) throw badArgument('patterns', 'each', linearPattern, pattern)
    return name => ends.some(end => finder(name + end))
  }

/**
 * Syntax that Python and JavaScript do not share: escapes such as \A, groups other than (?:, (?= and their like, [] and
 * [^], {,3}.
 */
const foreign =
  /\\[^\W\d_bBdDsSwWfnrtvxu]|\\x(?![\da-fA-F]{2})|\\u(?![\da-fA-F]{4})|\(\?(?!:|=|!|<=|<!)|\[\^?\]|\{,\d*\}/

/** Whether a text is a regular expression that Python and JavaScript read alike, as far as its syntax shows. */
export const isPortable = (pattern: string): boolean =>
  // An escaped punctuation character, such as a backslash, stands for itself.
  !foreign.test(pattern.replace(/\\[\W_]/g, '.')) && linearFinder(pattern) !== null

/** A list of regular expressions that are looked for in the names of variables. */
export type Patterns = readonly string[] | null

const none: readonly string[] = Object.freeze([])

/**
 * `include` makes exceptions to `exclude`, and has no effect alone. Like every mask, this one sees first names; in
 * TensorFlow too the variables of a second model have the same names as those of the first.
 */
export const decayedBy = (include: Patterns, exclude: Patterns, ends: Ends = ['', ':0']): MaskFunction => {
  const compiled = (patterns: Patterns) => {
    const found = (patterns ?? none).map(finds(ends))
    return (name: string): boolean => found.some(isIn => isIn(name))
  }
  const [isIncluded, isExcluded] = [compiled(include), compiled(exclude)]
  const lists = [
    { what: 'the list to include', sources: include ?? none, finds: isIncluded },
    { what: 'the list to exclude', sources: exclude ?? none, finds: isExcluded },
  ]
  const mask: MaskFunction = name => isIncluded(name) || !isExcluded(name)
  // The optimizer rebuilds its chain for every new setting from the same lists, which therefore are the key.
  return withLists(mask, { key: exclude ?? include ?? none, lists })
}

/** All variables except those that the patterns find. */
export const allBut = (exclude: Patterns, ends?: Ends): MaskFunction => decayedBy(null, exclude, ends)

/** The first list if it has a pattern, else the second. */
export const either = (first: Patterns, second: Patterns): Patterns => (first?.length ? first : second)

// tfjs removes underscores from every string of a config that it loads; \x5f means one in Python and JavaScript.
const escaped = String.raw`\x5f`

export const writePatterns = (patterns: readonly string[]): readonly string[] =>
  patterns.map(pattern =>
    pattern.replace(/\\[\s\S]|_/g, token => (token === '_' || token === String.raw`\_` ? escaped : token)),
  )

export const readPatterns = (patterns: readonly string[]): readonly string[] =>
  patterns.map(pattern => pattern.replace(/\\(x5f|[\s\S])/g, token => (token === escaped ? '_' : token)))
