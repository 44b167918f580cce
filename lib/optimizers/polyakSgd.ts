import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { polyakOptions, scaleByPolyak, type PolyakOptions } from '../transforms/polyak.js'
import { sgd } from './sgd.js'

/** Options of `polyakSgd`. */
export interface PolyakSgdOptions extends PolyakOptions {
  /** the factor of the gradient, before its norm is taken, default 1 */
  readonly scaling?: Hyper
}

const options: Names<PolyakSgdOptions> = { ...polyakOptions, scaling: 'scale' }

/**
 * SGD with Polyak's step size: `sgd(scaling)`, then `scaleByPolyak`. It needs the loss as `value`, which `minimize` and
 * `fit` of `asOptimizer` pass. `learningRate` of `asOptimizer` is `scaling`.
 *
 * State: counts.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or a step without `value`.
 * @source Loizou et al. 2021; optax `polyak_sgd`, which takes the norm of the scaled gradient too.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { asOptimizer, polyakSgd } from 'tfjs-optax'
 * const x = tf.variable(tf.tensor1d([1, 2, 3]))
 * const optimizer = asOptimizer(polyakSgd())
 * for (let i = 0; i < 5; i++) optimizer.minimize(() => tf.sum(tf.square(x)) as tf.Scalar)
 * // x is [0.03125, 0.0625, 0.09375]
 */
export const polyakSgd = /* @__PURE__ */ checked(
  { who: 'polyakSgd', takes: [], options },
  ({ scaling = 1, ...polyak }: PolyakSgdOptions = {}) => chain(sgd(scaling), scaleByPolyak(polyak)),
)
