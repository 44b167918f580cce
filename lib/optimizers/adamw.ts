import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAdam, scaleByAdamOptions } from '../transforms/adam.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import type { Mask } from '../tree/mask.js'
import type { AdamRecipeOptions } from './adam.js'

/** Options of `adamw`. */
export interface AdamwOptions extends AdamRecipeOptions {
  /** decay, multiplied by the parameter and the learning rate, default 1e-4 */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly mask?: Mask
}

const adamwOptions: Names<AdamwOptions> = { ...scaleByAdamOptions, weightDecay: 'wd', mask: '' }

/**
 * Adam with decoupled weight decay: `scaleByAdam`, `addDecayedWeights`, `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Loshchilov and Hutter 2019; optax `adamw` and torch's AdamW, which multiply the decay by the learning rate
 * too (torch's default is 1e-2). The Model Garden's `AdamWeightDecay` decays before Adam and clips.
 * @example
 * import { adamw } from 'tfjs-optax'
 * const tx = adamw(1e-3, { weightDecay: 0.01, mask: path => path.endsWith('kernel') })
 */
export const adamw = /* @__PURE__ */ checked(
  { who: 'adamw', takes: ['learningRate'], options: adamwOptions },
  (learningRate: Hyper, { weightDecay = 1e-4, mask = true, ...options }: AdamwOptions = {}) => {
    return chain(scaleByAdam(options), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(learningRate))
  },
)
