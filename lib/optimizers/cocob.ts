import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { cocobOptions, scaleByCocob, type CocobOptions } from '../transforms/cocob.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Options of `cocob`. */
export interface CocobRecipeOptions extends CocobOptions, DecayedOptions {
  /** a factor of the gradients, default 1; a constant one has hardly any effect */
  readonly learningRate?: Hyper
}

const options: Names<CocobRecipeOptions> = { ...cocobOptions, ...decayedOptions, learningRate: 'lr' }

/**
 * COCOB: `addDecayedWeights` (0 by default, coupled), `scaleByLearningRate` without a change of sign, `scaleByCocob`. It
 * needs no learning rate.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Orabona and Tommasi 2017; optax `contrib.cocob`.
 * @example
 * import { cocob } from 'tfjs-optax'
 * const tx = cocob()
 */
export const cocob = /* @__PURE__ */ checked(
  { who: 'cocob', takes: [], options },
  ({ learningRate = 1, weightDecay = 0, mask = true, ...rest }: CocobRecipeOptions = {}) =>
    chain(
      addDecayedWeights(weightDecay, { mask }),
      scaleByLearningRate(learningRate, { flipSign: false }),
      scaleByCocob(rest),
    ),
)
