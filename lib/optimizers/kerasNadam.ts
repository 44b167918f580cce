import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import {
  scaleByScheduledNadam,
  scheduledNadamOptions,
  type ScheduledNadamOptions,
} from '../transforms/scheduledNadam.js'

/** Those of `scaleByScheduledNadam` that Keras has. */
export type KerasNadamOptions = Omit<ScheduledNadamOptions, 'momentumDecay'>

const { b1, b2, eps } = scheduledNadamOptions
const options: Names<KerasNadamOptions> = { b1, b2, eps }

/**
 * Nadam as in Keras: `scaleByScheduledNadam` with `momentumDecay` 1 and `eps` 1e-7, then `scaleByLearningRate`.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Dozat 2016; Keras's Nadam.
 * @example
 * import { kerasNadam } from 'tfjs-optax'
 * const tx = kerasNadam(1e-3)
 */
export const kerasNadam = /* @__PURE__ */ checked(
  { who: 'kerasNadam', takes: ['learningRate'], options },
  (learningRate: Hyper, { eps = 1e-7, ...rest }: KerasNadamOptions = {}) =>
    chain(scaleByScheduledNadam({ ...rest, eps, momentumDecay: 1 }), scaleByLearningRate(learningRate)),
)
