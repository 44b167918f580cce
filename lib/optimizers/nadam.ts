import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { adamOptions, type AdamOptions } from '../transforms/adamMoments.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByNadam } from '../transforms/nadam.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/**
 * Adam with Nesterov's momentum: `scaleByNadam`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Dozat 2016; optax `nadam`. torch's and Keras's have a schedule of the momentum (`torchNadam`, `kerasNadam`).
 * @example
 * import { nadam } from 'tfjs-optax'
 * const tx = nadam(1e-3)
 */
export const nadam = /* @__PURE__ */ checked(
  { who: 'nadam', takes: ['learningRate'], options: adamOptions },
  (learningRate: Hyper, options: AdamOptions = {}) => chain(scaleByNadam(options), scaleByLearningRate(learningRate)),
)

/** Those of `scaleByNadam`, and of the decay. */
export interface NadamwOptions extends AdamOptions, DecayedOptions {}

const nadamwOptions: Names<NadamwOptions> = { ...adamOptions, ...decayedOptions }

/**
 * NAdam with decoupled weight decay: `scaleByNadam`, `addDecayedWeights` (1e-4 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Loshchilov and Hutter 2019; optax `nadamw`.
 * @example
 * import { nadamw } from 'tfjs-optax'
 * const tx = nadamw(1e-3, { weightDecay: 0.01 })
 */
export const nadamw = /* @__PURE__ */ checked(
  { who: 'nadamw', takes: ['learningRate'], options: nadamwOptions },
  (learningRate: Hyper, { weightDecay = 1e-4, mask = true, ...rest }: NadamwOptions = {}) =>
    chain(scaleByNadam(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)
