import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scaleBySm3 } from '../transforms/sm3.js'

/** Options of `sm3`. */
export interface Sm3RecipeOptions {
  /** weight of the past in the mean of scaled updates, in [0, 1), default 0.9 */
  readonly momentum?: Hyper
}

const options: Names<Sm3RecipeOptions> = { momentum: 'b1 beta1 decay' }

/**
 * SM3: `scaleBySm3`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Anil et al. 2019; optax `sm3`, whose rate is no schedule.
 * @example
 * import { sm3 } from 'tfjs-optax'
 * const tx = sm3(0.1, { momentum: 0.9 })
 */
export const sm3 = /* @__PURE__ */ checked(
  { who: 'sm3', takes: ['learningRate'], options },
  (learningRate: Hyper, { momentum = 0.9 }: Sm3RecipeOptions = {}) =>
    chain(scaleBySm3({ b1: momentum }), scaleByLearningRate(learningRate)),
)
