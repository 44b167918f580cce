/** Updates to parameters: `applyUpdates` for pure pairs, `makeStep` for a whole step at once. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { badArgument } from './errors.js'
import { stepOver, stepTensors, type Amend, type Ran } from './run.js'
import type { Fused } from './backends/fused/run.js'
import type { Request } from './rule/execute.js'
import type { Program } from './rule/program.js'
import { asRecord, refuseUnknown } from './rule/options.js'
import { tensorLeaves, type TensorsLike } from './tree/map.js'
import { checkAssignment, checkDonation, succeed, transfer } from './tree/ownership.js'
import { build, flatten, leavesAt } from './tree/structure.js'
import { seal } from './tree/freeze.js'
import { isTensor, isVariable, type Leaf } from './tree/tensors.js'
import {
  programOf,
  type At,
  type Extra,
  type FirstLink,
  type GradientsLike,
  type GradientTransformation,
  type Link,
  type ReplicaTransformation,
  type StateIn,
  type StateOf,
} from './transform.js'

const nothing: Program = { kind: 'chain', links: [], names: null }

/**
 * `params + updates`, a new tree. A `null` update leaves its parameter as it is. A `tf.Variable` is assigned, and the
 * same Variable comes back.
 *
 * @throws ValueError naming the path where structures or shapes differ, TypeError without parameters.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { applyUpdates } from 'tfjs-optax'
 * const params = applyUpdates({ w: tf.tensor1d([1, 2]) }, { w: tf.tensor1d([-0.5, 0]) })
 * // params.w is [0.5, 2]
 */
export const applyUpdates = <P>(params: P, updates: GradientsLike<P> | TensorsLike<P>): P => {
  if (params === null || params === undefined) throw badArgument('applyUpdates', 'params', 'a tree of tensors', params)
  checkAssignment('applyUpdates', params)
  const ran = stepTensors(nothing, { who: 'applyUpdates', updates, state: [], params, extra: undefined })
  return settled(ran) as P
}

/** The new parameters as a tree. One that is a Variable takes its value and stays itself. */
const settled = ({ structure, before, leaves }: Ran): unknown =>
  build(
    structure,
    leaves.map((leaf, i) => assign(before?.[i] ?? null, leaf)),
  )

const assign = (before: Leaf, after: Leaf): Leaf => {
  if (!isVariable(before) || after === null) return after
  if (after !== before) {
    before.assign(after)
    after.dispose()
  }
  return before
}

export interface StepOptions {
  /**
   * Whether params and state are consumed: their memory is reused or freed, and using them afterwards fails. Gradients
   * are never consumed. On cpu a tensor's array may be one that you hold (`tf.tensor(array)`, `dataSync()`): that is
   * written over too. Default false.
   */
  readonly donate?: boolean
}

/** `[params, state]` after one step. */
export type Step<F extends StateOf> = <P>(
  params: P,
  gradients: GradientsLike<P> | TensorsLike<P>,
  state: At<F, P>,
  extra?: Extra,
) => readonly [params: P, state: At<F, P>]

export type ReplicaStep<F extends StateOf> = <P>(
  params: P,
  gradients: readonly (GradientsLike<P> | TensorsLike<P>)[],
  state: At<F, P>,
  extra?: Extra,
) => readonly [params: P, state: At<F, P>]

/** A step of a plain `{init, update}`, or of one of several transformations. */
export type LinkStep<T> = <P>(
  params: P,
  gradients: GradientsLike<P> | TensorsLike<P>,
  state: StateIn<T, P>,
  extra?: Extra,
) => readonly [params: P, state: StateIn<T, P>]

/**
 * A training step `(params, gradients, state) -> [params, state]`: `tx.update` and `applyUpdates` in one.
 *
 * Without donation nothing given is touched, except that `tf.Variable` parameters are assigned. With `donate` params and
 * state are consumed. A call that throws has changed nothing.
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
} = (tx: FirstLink, options: StepOptions = {}) => {
  const { donate = false, ...unknown } = asRecord('makeStep', options)
  if (typeof donate !== 'boolean') throw badArgument('makeStep', 'donate', 'true or false', donate)
  refuseUnknown('makeStep', unknown)
  const program = programOf('makeStep', 'tx', tx)
  const step = (params: unknown, updates: unknown, state: unknown, extra?: Extra): readonly [unknown, unknown] => {
    if (params === null || params === undefined) throw badArgument('makeStep', 'params', 'a tree of tensors', params)
    const request = { who: 'makeStep', updates, state, params, extra }
    if (donate) return stepInPlace(program, request)
    checkAssignment('makeStep', params)
    const ran = stepTensors(program, request)
    return [settled(ran), ran.state]
  }
  return step as never
}

/** One step that consumes params and state; what is a Variable among them is assigned. A call that throws changes nothing. */
export const stepInPlace = (program: Program, request: Request, amend?: Amend): readonly [unknown, unknown] => {
  const over = amend === undefined ? stepOver(program, request) : null
  if (over !== null) return settleOver(over)
  const { who, params, state, updates } = request
  checkAssignment(who, params)
  checkDonation(who, params, state, updates)
  return consume(stepTensors(program, request, amend), state)
}

/** New tensors take the places of those that could not be written over; what was has a new handle. */
const settleOver = ({ structure, before, p, slotsBefore, slots, stateOf }: Fused): readonly [unknown, unknown] => {
  const settle = (leaves: readonly Leaf[], originals: readonly Leaf[]): Leaf[] =>
    leaves.map((leaf, i) => {
      const original = originals[i] ?? null
      return isVariable(original) ? assign(original, leaf) : replace(original, leaf)
    })
  const params = settle(p ?? [], before ?? [])
  return [build(structure, params), stateOf(slots.map((leaves, tree) => settle(leaves, slotsBefore[tree] ?? [])))]
}

/** New tensors take the places of the old ones, which are disposed. */
const consume = ({ structure, before, leaves, state }: Ran, old: unknown): readonly [unknown, unknown] => {
  const params = leaves.map((leaf, i) => {
    const original = before?.[i] ?? null
    return isVariable(original) ? assign(original, leaf) : replace(original, leaf)
  })
  const next = flatten(state)
  const originals = leavesAt(next.structure, old)
  const moved = next.leaves.map((leaf, i) => {
    const original = originals[i]
    if (!isTensor(leaf) || !isTensor(original)) return leaf
    return isVariable(original) ? assign(original, leaf) : replace(original, leaf)
  })
  tensorLeaves(old).forEach(left => {
    if (isConsumed(left) && !left.isDisposed) left.dispose() // the state of a user's link may lose tensors
  })
  return [build(structure, params), build(next.structure, moved, seal)]
}

const isConsumed = (x: unknown): x is Tensor => isTensor(x) && !isVariable(x)

const replace = (original: Leaf, value: Leaf): Leaf => {
  if (original === null || value === null) return value
  if (original === value) return transfer(original)
  const successor = succeed(original, value)
  value.dispose()
  return successor
}
