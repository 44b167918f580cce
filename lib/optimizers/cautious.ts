import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { adamOptions, type AdamOptions } from '../transforms/adamMoments.js'
import { scaleByCautiousAdam, scaleByCautiousLion } from '../transforms/cautious.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { lionMoments, type LionMoments } from '../transforms/lion.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Those of `scaleByCautiousAdam`, and of the decay. */
export interface CautiousAdamwOptions extends AdamOptions, DecayedOptions {}

const cautiousAdamwOptions: Names<CautiousAdamwOptions> = { ...adamOptions, ...decayedOptions }

/**
 * C-AdamW: `scaleByCautiousAdam`, `addDecayedWeights` (1e-4 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Liang et al. 2024. optax, Keras and torch do not have it.
 * @example
 * import { cautiousAdamw } from 'tfjs-optax'
 * const tx = cautiousAdamw(1e-3, { weightDecay: 0.01 })
 */
export const cautiousAdamw = /* @__PURE__ */ checked(
  { who: 'cautiousAdamw', takes: ['learningRate'], options: cautiousAdamwOptions },
  (learningRate: Hyper, { weightDecay = 1e-4, mask = true, ...rest }: CautiousAdamwOptions = {}) =>
    chain(scaleByCautiousAdam(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)

/** Those of `scaleByCautiousLion`, and of the decay. */
export interface CautiousLionOptions extends LionMoments, DecayedOptions {}

const cautiousLionOptions: Names<CautiousLionOptions> = { ...lionMoments, ...decayedOptions }

/**
 * C-Lion: `scaleByCautiousLion`, `addDecayedWeights` (1e-3 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Liang et al. 2024. optax, Keras and torch do not have it.
 * @example
 * import { cautiousLion } from 'tfjs-optax'
 * const tx = cautiousLion(1e-4)
 */
export const cautiousLion = /* @__PURE__ */ checked(
  { who: 'cautiousLion', takes: ['learningRate'], options: cautiousLionOptions },
  (learningRate: Hyper, { weightDecay = 1e-3, mask = true, ...rest }: CautiousLionOptions = {}) =>
    chain(scaleByCautiousLion(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)
