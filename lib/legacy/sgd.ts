import { kerasMomentum } from '../transforms/kerasMomentum.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { flagField, momentumField } from './keras/fields.js'
import { momentumOf, tfjsMomentum } from './keras/momentum.js'

const fields = {
  /** weight of the past in the sum of steps, in [0, 1], default 0 */
  momentum: momentumField(0),
  /** Nesterov's momentum, default false */
  nesterov: flagField(false),
}
/**
 * Settings of Keras's `SGD`.
 *
 * @interface
 */
export type SGDSettings = AllSettings<typeof fields>

/**
 * Keras's legacy `SGD`, bit for bit in float32: gradient descent with optional momentum.
 *
 * `p = p - learningRate g`; with momentum `s = momentum s - learningRate g;  p = p + s`, with Nesterov
 * `p = p + momentum s - learningRate g`, where `s` is the slot `momentum`.
 *
 * Options: `learningRate` (0.01, at least 0, a number, schedule or scalar tensor), `momentum` (0, in [0, 1], likewise),
 * `nesterov` (false; no effect without momentum), `decay` (0, at least 0: the rate becomes `learningRate / (1 + decay
 * iterations)`), `clipnorm`, `clipvalue`, `globalClipnorm` (null, above 0), `name` ('SGD'), `gradientAggregator`,
 * `gradientTransformers`, `strict` (false). All may be set between steps; momentum that is set later gets its slot
 * then. With `strict` the constructor decides whether there is momentum, as in Keras.
 *
 * Slots, by variable: with momentum `momentum`, float32 of its shape, 4 bytes per parameter; else none. Weights:
 * `iter`, `SGD/dense/kernel/momentum`, …
 *
 * tfjs has an `SGD` of its own, and its registry of names has room for one: see `registerOptimizers`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one; RuntimeError for a sparse gradient
 * with momentum. A call that throws changes nothing.
 * @source tf-keras `optimizers/legacy/gradient_descent.py`. optax and torch sum gradients, Keras sums steps: they
 * differ when the rate changes. If a sparse gradient has a row twice, the two are summed first; Keras subtracts them
 * one by one.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { SGD } from 'tfjs-optax/legacy'
 * const w = tf.variable(tf.tensor1d([1, 2]))
 * const optimizer = new SGD({ learningRate: 0.5, momentum: 0.9 })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), w]])
 * // w is [0.5, 2.5]
 */
export class SGD extends defineOptimizer({
  className: 'SGD',
  learningRate: 0.01,
  fields,
  core: (settings, rate, given) => {
    const momentum = momentumOf(settings, given)
    return momentum === 0 ? scaleByLearningRate(rate) : kerasMomentum(rate, { momentum, nesterov: settings.nesterov })
  },
  // With momentum Keras does not change rows without a gradient, which no dense formula can express.
  sparse: (settings, rate, given) => (momentumOf(settings, given) === 0 ? scaleByLearningRate(rate) : null),
  tfjs: tfjsMomentum,
}) {}
