import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { yogiOptions, scaleByYogi, type YogiOptions } from '../transforms/yogi.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/**
 * Yogi: `scaleByYogi`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zaheer et al. 2018; optax `yogi`, which has no option for the start.
 * @example
 * import { yogi } from 'tfjs-optax'
 * const tx = yogi(0.01)
 */
export const yogi = /* @__PURE__ */ checked(
  { who: 'yogi', takes: ['learningRate'], options: yogiOptions },
  (learningRate: Hyper, options: YogiOptions = {}) => chain(scaleByYogi(options), scaleByLearningRate(learningRate)),
)
