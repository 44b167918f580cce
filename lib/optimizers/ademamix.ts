import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import {
  ademamixOptions as mixOptions,
  scaleByAdemamix,
  scaleBySimplifiedAdemamix,
  simplifiedAdemamixOptions as simplifiedOptions,
  type AdemamixOptions,
  type SimplifiedAdemamixOptions,
} from '../transforms/ademamix.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Those of `scaleByAdemamix`, and of the decay. */
export interface AdemamixRecipeOptions extends AdemamixOptions, DecayedOptions {}

const ademamixOptions: Names<AdemamixRecipeOptions> = { ...mixOptions, ...decayedOptions }

/**
 * AdEMAMix: `scaleByAdemamix` with `alpha` 5, `addDecayedWeights` (0 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Pagliardini, Ablin and Grangier 2024; optax `contrib.ademamix`.
 * @example
 * import { ademamix } from 'tfjs-optax'
 * const tx = ademamix(1e-3, { weightDecay: 0.1 })
 */
export const ademamix = /* @__PURE__ */ checked(
  { who: 'ademamix', takes: ['learningRate'], options: ademamixOptions },
  (learningRate: Hyper, { alpha = 5, weightDecay = 0, mask = true, ...rest }: AdemamixRecipeOptions = {}) =>
    chain(
      scaleByAdemamix({ alpha, ...rest }),
      addDecayedWeights(weightDecay, { mask }),
      scaleByLearningRate(learningRate),
    ),
)

/** Those of `scaleBySimplifiedAdemamix`, and of the decay. */
export interface SimplifiedAdemamixRecipeOptions extends SimplifiedAdemamixOptions, DecayedOptions {}

const simplifiedAdemamixOptions: Names<SimplifiedAdemamixRecipeOptions> = { ...simplifiedOptions, ...decayedOptions }

/**
 * Simplified AdEMAMix: `scaleBySimplifiedAdemamix`, `addDecayedWeights` (0 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Morwani et al. 2025; optax `contrib.simplified_ademamix`.
 * @example
 * import { simplifiedAdemamix } from 'tfjs-optax'
 * const tx = simplifiedAdemamix(1e-5, { alpha: 100 })
 */
export const simplifiedAdemamix = /* @__PURE__ */ checked(
  { who: 'simplifiedAdemamix', takes: ['learningRate'], options: simplifiedAdemamixOptions },
  (learningRate: Hyper, { weightDecay = 0, mask = true, ...rest }: SimplifiedAdemamixRecipeOptions = {}) =>
    chain(scaleBySimplifiedAdemamix(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)
