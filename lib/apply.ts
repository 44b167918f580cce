/** Applies updates to parameters: `applyUpdates` after `tx.update`, `makeStep` for a whole step at once. */
import { checked } from './call/checked.js'
import type { Names } from './call/signature.js'
import { assigned, stepInPlace } from './consume.js'
import { badArgument } from './errors.js'
import { identityProgram } from './chain.js'
import { stepTensors } from './run.js'
import type { TensorsLike } from './tree/map.js'
import { checkAssignment } from './tree/ownership.js'
import {
  programOf,
  type At,
  type Extra,
  type FirstLink,
  type FirstLinkOr,
  type GradientsLike,
  type GradientTransformation,
  type Link,
  type ReplicaTransformation,
  type StateIn,
  type StateOf,
  type UpdatesLike,
} from './transform.js'

/**
 * The updates for gradients of a generic type, of which the compiler does not see that `UpdatesLike<G>` is the same as
 * `G`.
 */
type UpdatesOf<G> = G | UpdatesLike<G>

/**
 * Returns `params + updates` as a new tree. A `null` update leaves its parameter as it is. A `tf.Variable` is assigned,
 * and the same Variable comes back.
 *
 * @throws ValueError naming the path where structures or shapes differ, TypeError without parameters.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyUpdates } from 'tfjs-optax'
 * const params = applyUpdates({ w: tf.tensor1d([1, 2]) }, { w: tf.tensor1d([-0.5, 0]) })
 * // params.w is [0.5, 2]
 */
export const applyUpdates = /* @__PURE__ */ checked(
  { who: 'applyUpdates', takes: ['params', 'updates'] },
  <P>(params: P, updates: UpdatesOf<GradientsLike<P> | TensorsLike<P>>): P => {
    if (params === null || params === undefined)
      throw badArgument('applyUpdates', 'params', 'a tree of tensors', params)
    checkAssignment('applyUpdates', params)
    const request = { who: 'applyUpdates', updates, state: [], params, extra: undefined }
    return assigned(stepTensors(identityProgram, request)) as P
  },
)

/** Options of `makeStep`. */
export interface StepOptions {
  /**
   * Whether params and state are consumed: their memory is reused or freed, and using them afterwards fails. Gradients
   * are never consumed. Memory that you still hold otherwise, in a slice or an array from `dataSync`, is never
   * overwritten; so on cpu the first step allocates new memory for parameters that you made. Default false.
   */
  readonly donate?: boolean
}

const options: Names<StepOptions> = { donate: '' }

/** `[params, state]` after one step. */
export type Step<F extends StateOf> = <P>(
  params: P,
  gradients: GradientsLike<P> | TensorsLike<P>,
  state: At<F, P>,
  extra?: Extra,
) => readonly [params: P, state: At<F, P>]

/** A step that takes a list of gradient trees, one for each replica. */
export type ReplicaStep<F extends StateOf> = <P>(
  params: P,
  gradients: readonly (GradientsLike<P> | TensorsLike<P>)[],
  state: At<F, P>,
  extra?: Extra,
) => readonly [params: P, state: At<F, P>]

/** A step of a plain `{init, update}`, or of a union of transformation types. */
export type LinkStep<T> = <P>(
  params: P,
  gradients: GradientsLike<P> | TensorsLike<P>,
  state: StateIn<T, P>,
  extra?: Extra,
) => readonly [params: P, state: StateIn<T, P>]

/**
 * A training step `(params, gradients, state) -> [params, state]`: `tx.update` and `applyUpdates` in one.
 *
 * The records that it returns, those of the state too, have their keys in the order of `params`.
 *
 * Without donation the arguments are not changed, except that `tf.Variable` parameters are assigned. With `donate`
 * params and state are consumed. A call that throws has changed nothing.
 *
 * @throws as `tx.update` does; with `donate` ValueError where one tensor would be consumed twice.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, makeStep } from 'tfjs-optax'
 * const tx = adamw(0.1)
 * const step = makeStep(tx, { donate: true })
 * let params = { w: tf.tensor1d([1, 2]) }
 * let state = tx.init(params)
 * ;[params, state] = step(params, { w: tf.tensor1d([0.3, -0.3]) }, state)
 */
export const makeStep: {
  <F extends StateOf>(tx: GradientTransformation<F>, options?: StepOptions): Step<F>
  <F extends StateOf>(tx: ReplicaTransformation<F>, options?: StepOptions): ReplicaStep<F>
  <T extends Link>(tx: T, options?: StepOptions): LinkStep<T>
  <T>(tx: FirstLinkOr<T, 'makeStep: tx'>, options?: StepOptions): never
} = /* @__PURE__ */ checked({ who: 'makeStep', takes: ['tx'], options }, (tx: FirstLink, options: StepOptions = {}) => {
  const { donate = false } = options
  if (typeof donate !== 'boolean') throw badArgument('makeStep', 'donate', 'true or false', donate)
  const program = programOf('makeStep', 'tx', tx)
  const step = (params: unknown, updates: unknown, state: unknown, extra?: Extra): readonly [unknown, unknown] => {
    if (params === null || params === undefined) throw badArgument('makeStep', 'params', 'a tree of tensors', params)
    const request = { who: 'makeStep', updates, state, params, extra }
    if (donate) return stepInPlace(program, request)
    checkAssignment('makeStep', params)
    const result = stepTensors(program, request)
    return [assigned(result), result.state]
  }
  return step as never
})
