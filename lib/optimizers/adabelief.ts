import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { beliefOptions, scaleByBelief, type BeliefOptions } from '../transforms/belief.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import type { Mask } from '../tree/mask.js'

/** Options of `adabelief`. */
export interface AdabeliefOptions extends BeliefOptions {
  /** decay, multiplied by the parameter and the learning rate; without it there is no such link */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly weightDecayMask?: Mask
}

const options: Names<AdabeliefOptions> = { ...beliefOptions, weightDecay: 'wd', weightDecayMask: 'mask' }

/**
 * AdaBelief: `scaleByBelief`, `addDecayedWeights` if there is a decay, `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zhuang et al. 2020; optax `adabelief`, whose decay came after 0.2.8.
 * @example
 * import { adabelief } from 'tfjs-optax'
 * const tx = adabelief(1e-3)
 */
export const adabelief = /* @__PURE__ */ checked(
  { who: 'adabelief', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    { weightDecay, weightDecayMask = true, ...rest }: AdabeliefOptions = {},
  ): GradientTransformation => {
    const [scaler, rate] = [scaleByBelief(rest), scaleByLearningRate(learningRate)]
    return weightDecay === undefined
      ? chain(scaler, rate)
      : chain(scaler, addDecayedWeights(weightDecay, { mask: weightDecayMask }), rate)
  },
)
