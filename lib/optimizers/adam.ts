import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAdam, scaleByAdamOptions, type ScaleByAdamOptions } from '../transforms/adam.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/** Those of `scaleByAdam`. */
export type AdamRecipeOptions = ScaleByAdamOptions

/**
 * Adam: `scaleByAdam`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source optax `adam`.
 * @example
 * import { adam } from 'tfjs-optax'
 * const tx = adam(1e-3, { b2: 0.99 })
 */
export const adam = /* @__PURE__ */ checked(
  { who: 'adam', takes: ['learningRate'], options: scaleByAdamOptions },
  (learningRate: Hyper, options: AdamRecipeOptions = {}) =>
    chain(scaleByAdam(options), scaleByLearningRate(learningRate)),
)
