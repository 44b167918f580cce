import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { adanOptions, scaleByAdan, type AdanOptions } from '../transforms/adan.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Those of `scaleByAdan`, and of the decay. */
export interface AdanRecipeOptions extends AdanOptions, DecayedOptions {}

const options: Names<AdanRecipeOptions> = { ...adanOptions, ...decayedOptions }

/**
 * Adan: `scaleByAdan` with `epsRoot` 1e-8, `addDecayedWeights` (0 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Xie et al. 2022; optax `adan`.
 * @example
 * import { adan } from 'tfjs-optax'
 * const tx = adan(1e-3, { weightDecay: 0.02 })
 */
export const adan = /* @__PURE__ */ checked(
  { who: 'adan', takes: ['learningRate'], options },
  (learningRate: Hyper, { epsRoot = 1e-8, weightDecay = 0, mask = true, ...rest }: AdanRecipeOptions = {}) =>
    chain(
      scaleByAdan({ epsRoot, ...rest }),
      addDecayedWeights(weightDecay, { mask }),
      scaleByLearningRate(learningRate),
    ),
)
