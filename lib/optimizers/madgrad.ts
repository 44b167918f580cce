import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { madgradOptions, scaleByMadgrad, type MadgradOptions } from '../transforms/madgrad.js'

/** Options of `madgrad`. */
export interface MadgradRecipeOptions extends MadgradOptions {
  /** multiplied by the parameter and added to the gradient, default 0 */
  readonly weightDecay?: Hyper
}

const options: Names<MadgradRecipeOptions> = { ...madgradOptions, weightDecay: 'wd' }

/**
 * MADGRAD: `addDecayedWeights` (coupled: before the scaling), then `scaleByMadgrad`, which includes the rate.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Defazio and Jelassi 2021; optax `contrib.madgrad`.
 * @example
 * import { madgrad } from 'tfjs-optax'
 * const tx = madgrad(0.01)
 */
export const madgrad = /* @__PURE__ */ checked(
  { who: 'madgrad', takes: ['learningRate'], options },
  (learningRate: Hyper, { weightDecay = 0, ...rest }: MadgradRecipeOptions = {}) =>
    chain(addDecayedWeights(weightDecay), scaleByMadgrad(learningRate, rest)),
)
