import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { refuseUnknown } from '../rule/options.js'
import { adamOptions, scaleByAdam, type AdamOptions } from '../transforms/adam.js'
import { scaleByNadam } from '../transforms/nadam.js'
import { scaleByLearningRate } from '../transforms/scale.js'

export interface AdamRecipeOptions extends AdamOptions {
  /** Nesterov's momentum (`scaleByNadam`), default false */
  readonly nesterov?: boolean
}

/**
 * Adam: `scaleByAdam`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source optax `adam`.
 * @example
 * import { adam } from 'tfjs-optax'
 * const tx = adam(1e-3, { b2: 0.99 })
 */
export const adam = (learningRate: Hyper, { nesterov = false, ...options }: AdamRecipeOptions = {}) => {
  refuseUnknown('adam', options, adamOptions)
  return chain(nesterov ? scaleByNadam(options) : scaleByAdam(options), scaleByLearningRate(learningRate))
}
