/** Which variables a list of regular expressions means, and such lists in a config that tfjs mangles. */
import type { MaskFunction } from '../../tree/mask.js'

/** Whether a pattern is found in a variable's name, as tfjs has it or with the `:0` that TensorFlow puts after it. */
const finds = (pattern: string): ((name: string) => boolean) => {
  const expression = new RegExp(pattern)
  return name => expression.test(name) || expression.test(`${name}:0`)
}

export type Patterns = readonly string[] | null

/** `include` overrides `exclude`, and alone restricts nothing. */
export const decayedBy = (include: Patterns, exclude: Patterns): MaskFunction => {
  const [included, excluded] = [(include ?? []).map(finds), (exclude ?? []).map(finds)]
  return name => included.some(found => found(name)) || !excluded.some(found => found(name))
}

/** All but what the patterns find. */
export const allBut = (exclude: Patterns): MaskFunction => decayedBy(null, exclude)

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
