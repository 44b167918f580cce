import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAdam } from '../transforms/adam.js'
import { adamOptions, type AdamOptions } from '../transforms/adamMoments.js'
import { scaleByNadam } from '../transforms/nadam.js'
import { scaleByLearningRate } from '../transforms/scale.js'

export interface AdamRecipeOptions extends AdamOptions {
  /** Nesterov's momentum (`scaleByNadam`), default false */
  readonly nesterov?: boolean
}

export const adamRecipeOptions: Names<AdamRecipeOptions> = { ...adamOptions, nesterov: '' }

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
  { who: 'adam', takes: ['learningRate'], options: adamRecipeOptions },
  (learningRate: Hyper, { nesterov = false, ...options }: AdamRecipeOptions = {}) => {
    return chain(nesterov ? scaleByNadam(options) : scaleByAdam(options), scaleByLearningRate(learningRate))
  },
)
