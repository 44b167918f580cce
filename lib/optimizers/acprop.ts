import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAcprop, type AcpropOptions } from '../transforms/acprop.js'
import { surpriseOptions } from '../transforms/belief.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { decayedOptions, type DecayedOptions } from './decayed.js'

/** Those of `scaleByAcprop`, and of the decay. */
export interface AcpropRecipeOptions extends AcpropOptions, DecayedOptions {}

const acpropOptions: Names<AcpropRecipeOptions> = { ...surpriseOptions, ...decayedOptions }

/**
 * ACProp: `scaleByAcprop`, `addDecayedWeights` (0 by default), `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zhuang et al. 2021; optax `contrib.acprop`.
 * @example
 * import { acprop } from 'tfjs-optax'
 * const tx = acprop(1e-3)
 */
export const acprop = /* @__PURE__ */ checked(
  { who: 'acprop', takes: ['learningRate'], options: acpropOptions },
  (learningRate: Hyper, { weightDecay = 0, mask = true, ...rest }: AcpropRecipeOptions = {}) =>
    chain(scaleByAcprop(rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate)),
)
