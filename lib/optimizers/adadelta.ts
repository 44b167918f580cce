import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { adadeltaOptions, scaleByAdadelta, type AdadeltaOptions } from '../transforms/adadelta.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import type { Mask } from '../tree/mask.js'

/** Options of `adadelta`. */
export interface AdadeltaRecipeOptions extends AdadeltaOptions {
  /** multiplied by the parameter and added to the gradient, default 0 */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly weightDecayMask?: Mask
}

const options: Names<AdadeltaRecipeOptions> = { ...adadeltaOptions, weightDecay: 'wd', weightDecayMask: 'mask' }

/**
 * Adadelta: `addDecayedWeights` (coupled: before the scaling), `scaleByAdadelta`, `scaleByLearningRate`.
 *
 * The paper has no rate, which is the rate 1. It must be given: optax's default, None, goes uphill without a word.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option, or if the rate is missing.
 * @source Zeiler 2012; optax `adadelta`. torch has the defaults 1 and `eps` 1e-6, Keras 1e-3, `rho` 0.95 and 1e-7.
 * @example
 * import { adadelta } from 'tfjs-optax'
 * const tx = adadelta(1)
 */
export const adadelta = /* @__PURE__ */ checked(
  { who: 'adadelta', takes: ['learningRate'], options },
  (learningRate: Hyper, { weightDecay = 0, weightDecayMask = true, ...rest }: AdadeltaRecipeOptions = {}) =>
    chain(
      addDecayedWeights(weightDecay, { mask: weightDecayMask }),
      scaleByAdadelta(rest),
      scaleByLearningRate(learningRate),
    ),
)
