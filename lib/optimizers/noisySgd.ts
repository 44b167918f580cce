import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { addNoise } from '../transforms/addNoise.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/** Options of `noisySgd`. */
export interface NoisySgdOptions {
  /** variance of the noise at the first step, at least 0, default 0.01 */
  readonly eta?: Hyper
  /** exponent by which the variance falls, finite, default 0.55 */
  readonly gamma?: Hyper
  /** of the noise, a whole number from 0 on, default 0 */
  readonly seed?: number
}

const options: Names<NoisySgdOptions> = { eta: 'variance', gamma: 'decay', seed: 'key' }

/**
 * Stochastic gradient descent with noise: `addNoise`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Neelakantan et al. 2015; optax `noisy_sgd`.
 * @example
 * import { noisySgd } from 'tfjs-optax'
 * const tx = noisySgd(0.1, { eta: 0.05, seed: 7 })
 */
export const noisySgd = /* @__PURE__ */ checked(
  { who: 'noisySgd', takes: ['learningRate'], options },
  (learningRate: Hyper, { eta = 0.01, gamma = 0.55, seed = 0 }: NoisySgdOptions = {}) =>
    chain(addNoise(eta, gamma, seed), scaleByLearningRate(learningRate)),
)
