import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { adoptOptions, scaleByAdopt, type AdoptOptions } from '../transforms/adopt.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/**
 * ADOPT: `scaleByAdopt`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Taniguchi et al. 2024; optax `contrib.adopt`.
 * @example
 * import { adopt } from 'tfjs-optax'
 * const tx = adopt(1e-3)
 */
export const adopt = /* @__PURE__ */ checked(
  { who: 'adopt', takes: ['learningRate'], options: adoptOptions },
  (learningRate: Hyper, options: AdoptOptions = {}) => chain(scaleByAdopt(options), scaleByLearningRate(learningRate)),
)
