import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { lionMoments, scaleByLion, type LionMoments } from '../transforms/lion.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Those of `scaleByLion`, and of the decay. */
export interface LionRecipeOptions extends LionMoments, DecayedOptions {}

const lionOptions: Names<LionRecipeOptions> = { ...lionMoments, ...decayedOptions }

/**
 * Lion: `scaleByLion`, `addDecayedWeights` (1e-3 by default), `scaleByLearningRate`. Rates are a third to a tenth of
 * Adam's.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Chen et al. 2023; optax `lion`. Keras's Lion has no decay by default.
 * @example
 * import { lion } from 'tfjs-optax'
 * const tx = lion(1e-4, { weightDecay: 0.1 })
 */
export const lion = /* @__PURE__ */ checked(
  { who: 'lion', takes: ['learningRate'], options: lionOptions },
  (learningRate: Hyper, { weightDecay = 1e-3, mask = true, ...rest }: LionRecipeOptions = {}) =>
    chain(scaleByLion(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)
