/**
 * optax's aggregating API over ranks: from the gradients of single examples, stacked along an axis of each leaf, to one
 * gradient.
 */
import { chain } from '../chain.js'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { wholeNumber } from '../call/whole.js'
import { hyperOutOfRange } from '../errors.js'
import { aggregate } from '../replicas/aggregate.js'
import type { Link } from '../transform.js'
import { addNoise } from '../transforms/addNoise.js'
import { clipByGlobalNorm } from '../transforms/clip.js'
import { scale } from '../transforms/scale.js'
import { allReduce } from './allReduce.js'
import { checkCommunicator, type Communicator } from './communicator.js'

/** Where the examples of a batch are in its gradients. */
export interface PerElementOptions {
  /** the axis of each leaf along which the examples are stacked; default 0 */
  readonly perElementAxis?: number
}

const options: Names<PerElementOptions> = { perElementAxis: 'per_elt_axis axis dim' }

/**
 * The mean of gradients of single examples, over all examples of all ranks. Each rank gives one tree, whose leaves stack
 * the gradients of its examples; ranks may have different numbers of them.
 *
 * State: `{}`.
 *
 * @throws TypeError if `comm` is no communicator; ValueError if leaves stack different numbers.
 * @source optax `average_per_element_updates`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { averagePerElementUpdates, world } from 'tfjs-optax/mpi'
 * const tx = averagePerElementUpdates(world())
 * const perExample = { w: tf.tensor2d([[1, 2], [3, 6]]) }
 * const [updates] = tx.update(perExample, tx.init({ w: tf.zeros([2]) }))
 * // updates.w is [2, 4]
 */
export const averagePerElementUpdates = /* @__PURE__ */ checked(
  { who: 'averagePerElementUpdates', takes: ['comm'], options },
  (comm: Communicator, { perElementAxis = 0 }: PerElementOptions = {}) => {
    checkCommunicator('averagePerElementUpdates', comm)
    return aggregate(allReduce(comm, { op: 'mean' }), { axis: perElementAxis })
  },
)

/**
 * Runs `preprocessor` on the gradient of each single example, takes the mean over all examples of all ranks, and runs
 * `postprocessor` on it: `processed(comm, clipByGlobalNorm(1), adam(1e-3))` is Adam on gradients that were clipped one by
 * one. `preprocessor` must be without slots, since examples come and go.
 *
 * State: that of a chain of two links.
 *
 * @throws as `aggregate` and `chain` do.
 * @source optax `process`.
 * @example
 * import { adam, clipByGlobalNorm } from 'tfjs-optax'
 * import { processed, world } from 'tfjs-optax/mpi'
 * const tx = processed(world(), clipByGlobalNorm(1), adam(1e-3))
 */
export const processed = /* @__PURE__ */ checked(
  { who: 'processed', takes: ['comm', 'preprocessor', 'postprocessor'], options },
  <const A extends Link, const B extends Link>(
    comm: Communicator,
    preprocessor: A,
    postprocessor: B,
    { perElementAxis = 0 }: PerElementOptions = {},
  ) => {
    checkCommunicator('processed', comm)
    return chain(
      aggregate(allReduce(comm, { op: 'mean' }), { each: preprocessor, axis: perElementAxis }),
      postprocessor,
    )
  },
)

/**
 * The differentially private mean of gradients of single examples: each is clipped by its global norm to `l2NormClip`,
 * then all of all ranks are added, with normal noise of deviation `l2NormClip * noiseMultiplier`, and divided by
 * `batchSize`, the number of examples of all ranks in a step.
 *
 * All ranks add the same noise, which depends on `seed`, the step, and the place of each number only; so the mean is the
 * same on all ranks, and does not depend on how many there are. The noise is no secret to whoever knows the seed.
 *
 * State: a tuple of three; the second has the `count` of the noise.
 *
 * @throws ValueError for a number out of its range; TypeError if `comm` is no communicator.
 * @source Abadi et al. 2016; optax `differentially_private_aggregate`, which divides by the number of examples it sees.
 * @example
 * import { chain, sgd } from 'tfjs-optax'
 * import { differentiallyPrivateAggregate, world } from 'tfjs-optax/mpi'
 * const tx = chain(differentiallyPrivateAggregate(world(), 1, 1.1, 42, 256), sgd(0.1))
 */
export const differentiallyPrivateAggregate = /* @__PURE__ */ checked(
  {
    who: 'differentiallyPrivateAggregate',
    takes: ['comm', 'l2NormClip', 'noiseMultiplier', 'seed', 'batchSize'],
    options,
  },
  (
    comm: Communicator,
    l2NormClip: number,
    noiseMultiplier: number,
    seed: number,
    batchSize: number,
    { perElementAxis = 0 }: PerElementOptions = {},
  ) => {
    const who = 'differentiallyPrivateAggregate'
    checkCommunicator(who, comm)
    if (!(l2NormClip > 0)) throw hyperOutOfRange(who, 'l2NormClip', 'above 0', l2NormClip)
    if (!(noiseMultiplier >= 0)) throw hyperOutOfRange(who, 'noiseMultiplier', 'at least 0', noiseMultiplier)
    wholeNumber(who, 'batchSize', batchSize, 1)
    return chain(
      aggregate(allReduce(comm), { each: clipByGlobalNorm(l2NormClip), axis: perElementAxis }),
      addNoise((l2NormClip * noiseMultiplier) ** 2, 0, seed),
      scale(1 / batchSize),
    )
  },
)
