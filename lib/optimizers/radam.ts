import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { radamOptions, scaleByRadam, type RadamOptions } from '../transforms/radam.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/**
 * RAdam: `scaleByRadam`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Liu et al. 2020; optax `radam`.
 * @example
 * import { radam } from 'tfjs-optax'
 * const tx = radam(1e-3)
 */
export const radam = /* @__PURE__ */ checked(
  { who: 'radam', takes: ['learningRate'], options: radamOptions },
  (learningRate: Hyper, options: RadamOptions = {}) => chain(scaleByRadam(options), scaleByLearningRate(learningRate)),
)
