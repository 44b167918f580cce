import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import { fromProgram, type GradientTransformation, type StateOf } from '../transform.js'

/** A function from a whole tree of updates to what one wants to know of them: a tensor, or a tree of tensors. */
export type MeasureFunction<R = unknown> = (updates: never) => R

/** The state of `snapshot`: the last measurement under its name. */
export interface SnapshotState<N extends string, R> extends StateOf {
  readonly State: { readonly [K in N]: R }
}

/**
 * Keeps a measurement of the updates that pass through in the state, where `treeGet(state, name)` finds it.
 *
 * `measure` gets the whole tree of updates, in which a leaf may be null, and returns a tensor or a tree of tensors; it runs
 * as tfjs ops, inside `tidy`, and cuts the chain. Nothing is read back.
 *
 * State: the measurement under `measureName`; before the first step that of the parameters.
 *
 * @throws TypeError if `measureName` is no text or `measure` no function.
 * @source optax `snapshot`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { chain, clipByGlobalNorm, globalNorm, sgd, snapshot, treeGet } from 'tfjs-optax'
 * const tx = chain(snapshot('normBefore', (updates: object) => globalNorm(updates)), clipByGlobalNorm(1), sgd(0.1))
 * const params = { w: tf.tensor1d([0, 0]) }
 * const [, state] = tx.update({ w: tf.tensor1d([3, 4]) }, tx.init(params), params)
 * const norm = treeGet(state, 'normBefore')
 * // norm is 5
 */
export const snapshot = /* @__PURE__ */ checked(
  { who: 'snapshot', takes: ['measureName', 'measure'] },
  <const N extends string, R>(
    measureName: N,
    measure: MeasureFunction<R>,
  ): GradientTransformation<SnapshotState<N, R>> => {
    if (typeof measureName !== 'string' || measureName === '')
      throw badArgument('snapshot', 'measureName', 'a text', measureName)
    if (typeof measure !== 'function') throw badArgument('snapshot', 'measure', 'a function of the updates', measure)
    const of = (updates: unknown): unknown => ({ [measureName]: measure(updates as never) })
    return fromProgram({
      kind: 'opaque',
      name: 'snapshot',
      init: of,
      update: updates => [updates, of(updates)],
    })
  },
)
