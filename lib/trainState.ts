/** A training run as one value: parameters, transformation, its state, and whatever else belongs to the run. */
import { makeStep, type StepOptions } from './apply.js'
import { checked } from './call/checked.js'
import type { Names } from './call/signature.js'
import { badArgument, wrongCount } from './errors.js'
import {
  programOf,
  type Extra,
  type FirstLink,
  type GradientsLike,
  type ReplicaLink,
  type StateIn,
} from './transform.js'
import { seal } from './tree/freeze.js'
import type { TensorsLike } from './tree/map.js'
import { isRecord } from './tree/structure.js'

/** A training run. It is plain frozen data, so `{ ...state, params }` is one with other parameters. */
export interface TrainState<P, T extends FirstLink> {
  /** the number of finished steps */
  readonly step: number
  readonly params: P
  readonly tx: T
  readonly optState: StateIn<T, P>
}

/** What a run starts from. All other fields are the user's own, and stay as they are. */
export interface TrainStart<P, T extends FirstLink> {
  readonly params: P
  readonly tx: T
  /** default `tx.init(params)` */
  readonly optState?: StateIn<T, P>
  /** default 0 */
  readonly step?: number
}

type GradientsFor<T, P> =
  T extends ReplicaLink<'list'> ? readonly (GradientsLike<P> | TensorsLike<P>)[] : GradientsLike<P> | TensorsLike<P>

/**
 * The state of a training run `{step, params, tx, optState, ...own}`, frozen. Fields of your own, such as batch
 * statistics or the model's function, go along with every step.
 *
 * `{ ...state, params }` is what flax calls `state.replace(params=...)`. To save a run, leave out what is no data, and
 * put it back: `const { tx, ...data } = state`, `await saveTree(path, data)`, and later
 * `createTrainState({ ...(await loadTree(path, data)), tx })`.
 *
 * Tensors stay yours. The first `optState` belongs to the enclosing `tidy` or to you.
 *
 * @throws TypeError if `tx` is not a transformation; ValueError if `step` is not a whole number from 0 on, and as
 * `tx.init` does.
 * @source flax `training.train_state.TrainState.create`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyGradients, createTrainState, sgd } from 'tfjs-optax'
 * const state = createTrainState({ params: { w: tf.tensor1d([1, 2]) }, tx: sgd(0.5), run: 'first' })
 * const next = applyGradients(state, { w: tf.tensor1d([1, 0]) })
 * // next.params.w is [0.5, 2], next.step is 1, next.run is 'first', state.step is 0
 */
export const createTrainState = /* @__PURE__ */ checked(
  { who: 'createTrainState', takes: ['start'] },
  <P, T extends FirstLink, S extends TrainStart<P, T>>(
    start: S & { readonly params: P; readonly tx: T },
  ): Readonly<Omit<S, keyof TrainStart<P, T>>> & TrainState<P, T> => {
    const who = 'createTrainState'
    if (!isRecord(start)) throw badArgument(who, 'start', 'a record {params, tx}', start)
    const { params, tx, optState, step = 0, ...own } = start as TrainStart<P, T>
    programOf(who, 'tx', tx)
    if (params === null || params === undefined) throw badArgument(who, 'params', 'a tree of tensors', params)
    if (!Number.isInteger(step) || step < 0) throw wrongCount(who, 'start', step, 'step')
    const first = optState ?? (tx.init(params as never) as StateIn<T, P>)
    return seal({ ...own, step, params, tx, optState: first }) as Readonly<Omit<S, keyof TrainStart<P, T>>> &
      TrainState<P, T>
  },
)

/** Options of `applyGradients`. */
export interface ApplyGradientsOptions extends StepOptions {
  /** values for this step that links read by name, such as `{ value: loss }` */
  readonly extra?: Extra
}

const options: Names<ApplyGradientsOptions> = { donate: '', extra: '' }

/**
 * The run after one step: new `params` and `optState`, and `step + 1`. The given one stays as it is, unless `donate`
 * consumes its parameters and `optState`; fields of your own are shared by both.
 *
 * @throws TypeError if `state` is not one of `createTrainState`, and as a step of `makeStep` does; then nothing has
 * changed.
 * @source flax `TrainState.apply_gradients`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, applyGradients, createTrainState, valueAndGrad } from 'tfjs-optax'
 * let state = createTrainState({ params: { w: tf.tensor1d([1, 2]) }, tx: adam(0.1) })
 * const lossAndGradients = valueAndGrad((params: { w: tf.Tensor1D }) => tf.sum(tf.square(params.w)))
 * for (let i = 0; i < 3; i++) {
 *   const [value, gradients] = lossAndGradients(state.params)
 *   state = applyGradients(state, gradients, { extra: { value }, donate: true })
 * }
 * // state.step is 3
 */
export const applyGradients = /* @__PURE__ */ checked(
  { who: 'applyGradients', takes: ['state', 'gradients'], options },
  <P, T extends FirstLink, S extends TrainState<P, T>>(
    state: S & TrainState<P, T>,
    gradients: GradientsFor<T, P>,
    { extra, donate = false }: ApplyGradientsOptions = {},
  ): S => {
    const who = 'applyGradients'
    const fields = ['step', 'params', 'tx', 'optState']
    if (!isRecord(state) || !fields.every(name => Object.hasOwn(state, name)))
      throw badArgument(who, 'state', `a record {${fields.join(', ')}} of createTrainState`, state)
    programOf(who, 'state.tx', state.tx)
    if (!Number.isInteger(state.step) || state.step < 0) throw wrongCount(who, 'state', state.step, 'step')
    const step = makeStep(state.tx as never, { donate }) as (
      ...given: readonly unknown[]
    ) => readonly [P, StateIn<T, P>]
    const [params, optState] = step(state.params, gradients, state.optState, extra)
    return seal({ ...state, step: state.step + 1, params, optState })
  },
)
