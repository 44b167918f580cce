import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAdam } from '../transforms/adam.js'
import { adamOptions, type AdamOptions } from '../transforms/adamMoments.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByMars, type MarsOptions } from '../transforms/mars.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Those of `scaleByAdam`, with `b1` 0.95 and `b2` 0.99 by default, `gamma` of `scaleByMars`, and of the decay. */
export interface MarsRecipeOptions extends AdamOptions, DecayedOptions, Pick<MarsOptions, 'gamma'> {
  /** weight of the past in the mean of corrected updates, in [0, 1), default 0.95 */
  readonly b1?: Hyper
  /** weight of the past in the mean of their squares, in [0, 1), default 0.99 */
  readonly b2?: Hyper
}

const options: Names<MarsRecipeOptions> = { ...adamOptions, ...decayedOptions, gamma: '' }

/**
 * MARS-AdamW: `scaleByMars`, `scaleByAdam`, `addDecayedWeights` (0 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Yuan et al. 2024, algorithm 2. optax, Keras and torch do not have it.
 * @example
 * import { mars } from 'tfjs-optax'
 * const tx = mars(3e-3, { weightDecay: 0.01 })
 */
export const mars = /* @__PURE__ */ checked(
  { who: 'mars', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    { b1 = 0.95, b2 = 0.99, gamma = 0.025, weightDecay = 0, mask = true, ...rest }: MarsRecipeOptions = {},
  ) =>
    chain(
      scaleByMars({ b1, gamma }),
      scaleByAdam({ b1, b2, ...rest }),
      addDecayedWeights(weightDecay, { mask }),
      scaleByLearningRate(learningRate),
    ),
)
