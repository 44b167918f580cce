/** Hyperparameters by leaf: layer-wise rates, decay by name, betas by group. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import type { ByPath, Timed } from '../rule/hyper.js'
import { byPathRunner } from '../byPathRunner.js'
import { numberAt } from '../rule/leafScalars.js'
import { linearFinder, linearPattern } from '../tree/pattern/find.js'
import { withLists } from '../tree/unchosen.js'

/** The value of a leaf by its path, such as `dense.kernel`, and the parameter: a number, or a schedule. */
export type ValueFunction = (path: string, leaf: Tensor) => Timed

/** Values by patterns: a leaf has the value of the first pattern that is found in its path. */
export type ValuePatterns = readonly (readonly [pattern: string, value: Timed])[]

/** A value by path that carries its patterns, so that a config can contain it. */
export interface PatternValue extends ByPath {
  readonly patterns: ValuePatterns
  readonly otherwise: Timed
}

/** How many paths a value by path remembers. */
const mostPaths = 10_000

/** Calls `valueAt` once for each path and shape, which stay the same from step to step. */
const remembering = (valueAt: ValueFunction): ByPath['valueAt'] => {
  const known = new Map<string, { readonly shape: readonly number[]; readonly value: Timed }>()
  return (path, leaf) => {
    const { shape = [] } = leaf as Partial<Tensor>
    const found = known.get(path)
    if (found?.shape.length === shape.length && found.shape.every((n, i) => n === shape[i])) return found.value
    const value = valueAt(path, leaf as Tensor)
    if (known.size >= mostPaths) known.clear()
    known.set(path, { shape, value })
    return value
  }
}

const isTimed = (x: unknown): x is Timed => typeof x === 'number' || typeof x === 'function'

const byPatterns = (given: unknown, otherwise: unknown): PatternValue => {
  if (!Array.isArray(given))
    throw badArgument('byPath', 'values', 'a function of path and leaf, or a list of [pattern, value]', given)
  if (!isTimed(otherwise))
    throw badArgument('byPath', 'otherwise', 'a number or a schedule, for the other leaves', otherwise)
  const finders = given.map((pair: unknown, i) => {
    const [source, value] = Array.isArray(pair) && pair.length === 2 ? (pair as readonly unknown[]) : []
    const finds = typeof source === 'string' ? linearFinder(source) : null
    if (finds === null || typeof source !== 'string')
      throw badArgument('byPath', `values.${i}`, `[pattern, value] with the source of ${linearPattern}`, pair)
    if (!isTimed(value)) throw badArgument('byPath', `values.${i}.1`, 'a number or a schedule', value)
    return { source, finds, value }
  })
  const patterns = Object.freeze(finders.map(({ source, value }) => Object.freeze([source, value] as const)))
  const valueAt = remembering(path => finders.find(({ finds }) => finds(path))?.value ?? otherwise)
  const made = Object.freeze({ valueAt, byPathRunner, numberAt, patterns, otherwise })
  const lists = finders.map(({ source, finds }) => ({ what: 'byPath', sources: [source], finds }))
  return withLists(made, { key: made, lists })
}

/**
 * A hyperparameter that differs by leaf: for layer-wise rates, no decay of biases, betas by group. It may stand wherever
 * a factory takes a number or a schedule, in place of one of these. All leaves still go through one kernel.
 *
 * `values` is a function of path and leaf, or a list of `[pattern, value]`: a leaf has the value of the first pattern
 * that is found in its path, and `otherwise` if none is. Patterns are JavaScript's regular expressions without flags and
 * back references, as in `matching`; only this form can be written in a config. The path has the name that the user
 * gave, without the `_1` of a model that is built again. The function is called once for each path and shape. If a
 * pattern is found in no path, there is a warning.
 *
 * @throws TypeError if `values` is neither, or a value is no number and no schedule; ValueError naming the path, at the
 * first step, for a value out of the hyperparameter's range.
 * @source Layer-wise decay of rates: Howard and Ruder 2018 (ULMFiT), section 3.2; width-scaled rates: Yang and others
 * 2022 (muP), table 8. torch has parameter groups for it; optax has `partition`, a transformation for each group.
 * @example
 * import { adamw, byPath } from 'tfjs-optax'
 * const depth = (path: string): number => Number(/layer_(\d+)/.exec(path)?.[1] ?? 24)
 * const learningRate = byPath(path => 1e-3 * 0.9 ** (24 - depth(path)))
 * const tx = adamw(learningRate, { weightDecay: byPath([['bias$|norm', 0]], 0.01) })
 */
export const byPath: {
  (values: ValueFunction): ByPath
  (values: ValuePatterns, otherwise: Timed): PatternValue
} = /* @__PURE__ */ checked(
  { who: 'byPath', takes: ['values', 'otherwise'] },
  (...[values, otherwise]: readonly [values: ValueFunction | ValuePatterns, otherwise?: Timed]) => {
    if (typeof values !== 'function') return byPatterns(values, otherwise) as never
    if (otherwise !== undefined)
      throw badArgument('byPath', 'otherwise', 'absent, since values is a function', otherwise)
    return Object.freeze({ valueAt: remembering(values), byPathRunner, numberAt }) as never
  },
)

/** The patterns of a value by path; recognised by its fields, so that one of another copy of this package works too. */
export const valuePatternsOf = (value: ByPath): Pick<PatternValue, 'patterns' | 'otherwise'> | null => {
  const { patterns, otherwise } = value as Partial<PatternValue>
  return Array.isArray(patterns) && isTimed(otherwise) ? { patterns: patterns as ValuePatterns, otherwise } : null
}
