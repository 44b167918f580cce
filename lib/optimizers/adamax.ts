import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { adamaxOptions, scaleByAdamax, type AdamaxOptions } from '../transforms/adamax.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/**
 * Adamax: `scaleByAdamax`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Kingma and Ba 2015, algorithm 2; optax `adamax`. Keras's is `kerasAdamax`.
 * @example
 * import { adamax } from 'tfjs-optax'
 * const tx = adamax(2e-3)
 */
export const adamax = /* @__PURE__ */ checked(
  { who: 'adamax', takes: ['learningRate'], options: adamaxOptions },
  (learningRate: Hyper, options: AdamaxOptions = {}) =>
    chain(scaleByAdamax(options), scaleByLearningRate(learningRate)),
)

/** Those of `scaleByAdamax`, and of the decay. */
export interface AdamaxwOptions extends AdamaxOptions, DecayedOptions {}

const adamaxwOptions: Names<AdamaxwOptions> = { ...adamaxOptions, ...decayedOptions }

/**
 * Adamax with decoupled weight decay: `scaleByAdamax`, `addDecayedWeights` (1e-4 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Loshchilov and Hutter 2019; optax `adamaxw`.
 * @example
 * import { adamaxw } from 'tfjs-optax'
 * const tx = adamaxw(2e-3, { weightDecay: 0.01 })
 */
export const adamaxw = /* @__PURE__ */ checked(
  { who: 'adamaxw', takes: ['learningRate'], options: adamaxwOptions },
  (learningRate: Hyper, { weightDecay = 1e-4, mask = true, ...rest }: AdamaxwOptions = {}) =>
    chain(scaleByAdamax(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)
