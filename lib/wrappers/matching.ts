/** Masks by patterns of paths, as the Model Garden selects the weights that decay. */
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { linearFinder, linearPattern } from '../tree/pattern/find.js'
import { isRecord } from '../tree/structure.js'
import { withLists } from '../tree/unchosen.js'

/** Options of `matching`: regular expressions that are looked for in the paths of leaves. */
export interface MaskPatterns {
  /**
   * sources of regular expressions: a path that one is found in takes part, even if `exclude` matches it; default none
   */
  readonly include?: readonly string[]
  /** sources of regular expressions: any other path that one is found in takes no part; default none */
  readonly exclude?: readonly string[]
  /** whether to choose the other leaves instead, default false */
  readonly negate?: boolean
}

const options: Names<MaskPatterns> = {
  include: 'includeinweightdecay',
  exclude: 'excludefromweightdecay',
  negate: '',
}

/** A mask by path that carries its patterns, so that a config can contain it. */
export interface PatternMask {
  (path: string): boolean
  readonly patterns: Required<MaskPatterns>
}

const finders = (name: 'include' | 'exclude', sources: unknown): readonly ((path: string) => boolean)[] => {
  if (!Array.isArray(sources)) throw badArgument('matching', name, 'a list of regular expressions', sources)
  return sources.map((source: unknown, i) => {
    const finder = typeof source === 'string' ? linearFinder(source) : null
    if (finder === null) throw badArgument('matching', `${name}.${i}`, `the source of ${linearPattern}`, source)
    return finder
  })
}

/**
 * A mask by patterns: a leaf takes part unless a pattern of `exclude` is found in its path and none of `include` is. So
 * `include` makes exceptions to `exclude`; alone it has no effect.
 *
 * Patterns are JavaScript's regular expressions without flags: they are found anywhere in the path, and case matters.
 * They must not have back references, so that even hostile patterns from a config run in linear time. The path has the
 * name that the user gave, without the `_1` of a model that is built again. If no pattern of a list is found in any
 * path, there is a warning.
 *
 * @throws TypeError for an unknown option, or for a list that is not of regular expressions.
 * @source The Model Garden's `include_in_weight_decay` and `exclude_from_weight_decay` (Python's `re.search`).
 * @example
 * import { adamw, matching } from 'tfjs-optax'
 * const mask = matching({ exclude: ['LayerNorm', 'layer_norm', 'bias'], include: ['pooler'] })
 * const tx = adamw(1e-3, { weightDecay: 0.01, mask })
 * mask('encoder.bias') // false
 * mask('pooler.bias') // true
 */
export const matching = /* @__PURE__ */ checked(
  { who: 'matching', takes: [], options },
  ({ include = [], exclude = [], negate = false }: MaskPatterns = {}): PatternMask => {
    if (typeof negate !== 'boolean') throw badArgument('matching', 'negate', 'true or false', negate)
    const [included, excluded] = [finders('include', include), finders('exclude', exclude)]
    const isIn = (path: string, list: typeof included): boolean => list.some(finds => finds(path))
    const patterns = Object.freeze({
      include: Object.freeze([...include]),
      exclude: Object.freeze([...exclude]),
      negate,
    })
    const mask = (path: string): boolean => (isIn(path, included) || !isIn(path, excluded)) !== negate
    const lists = [
      { what: 'include', sources: patterns.include, finds: (path: string) => isIn(path, included) },
      { what: 'exclude', sources: patterns.exclude, finds: (path: string) => isIn(path, excluded) },
    ]
    return Object.freeze(withLists(Object.assign(mask, { patterns }), { key: mask, lists }))
  },
)

/** The patterns of a mask. It is recognised by its fields, so masks of another copy of this package work too. */
export const patternsOf = (mask: object): PatternMask['patterns'] | null => {
  const patterns: unknown = 'patterns' in mask ? mask.patterns : null
  if (!isRecord(patterns)) return null
  const listed = [patterns['include'], patterns['exclude']].every(
    list => Array.isArray(list) && list.every(one => typeof one === 'string'),
  )
  return listed && typeof patterns['negate'] === 'boolean' ? (patterns as unknown as PatternMask['patterns']) : null
}
