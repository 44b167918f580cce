import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { amsgradOptions, scaleByAmsgrad, type AmsgradOptions } from '../transforms/amsgrad.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/**
 * AMSGrad: `scaleByAmsgrad`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Reddi, Kale and Kumar 2018; optax `amsgrad`.
 * @example
 * import { amsgrad } from 'tfjs-optax'
 * const tx = amsgrad(1e-3)
 */
export const amsgrad = /* @__PURE__ */ checked(
  { who: 'amsgrad', takes: ['learningRate'], options: amsgradOptions },
  (learningRate: Hyper, options: AmsgradOptions = {}) =>
    chain(scaleByAmsgrad(options), scaleByLearningRate(learningRate)),
)
