import type { Hyper } from '../rule/hyper.js'
import { kerasAdagrad } from '../transforms/kerasAdagrad.js'
import { tfjsAccumulator } from './errors.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { epsilonField, nonNegativeField } from './keras/fields.js'

const fields = {
  /** the sum of squares at the start, at least 0, default 0.1 */
  initialAccumulatorValue: nonNegativeField(0.1),
  /** added to the root, above 0, default 1e-7 */
  epsilon: epsilonField(1e-7),
}
/**
 * Settings of Keras's `Adagrad`.
 *
 * @interface
 */
export type AdagradSettings = AllSettings<typeof fields>

const core = ({ initialAccumulatorValue, epsilon: eps }: AdagradSettings, rate: Hyper) =>
  kerasAdagrad(rate, { initialAccumulatorValue, eps })

/**
 * Keras's legacy `Adagrad`, bit for bit in float32: each parameter's steps shrink with the squares of its gradients so
 * far.
 *
 * `accumulator = accumulator + g^2;  p = p - learningRate g / (sqrt(accumulator) + epsilon)`.
 *
 * Options: `learningRate` (0.001, at least 0, a number, schedule or scalar tensor), `initialAccumulatorValue` (0.1, at
 * least 0; for slots made from then on), `epsilon` (1e-7, above 0), `decay` (0, at least 0: the rate becomes
 * `learningRate / (1 + decay iterations)`), `clipnorm`, `clipvalue`, `globalClipnorm` (null, above 0), `name`
 * ('Adagrad'), `gradientAggregator`, `gradientTransformers`, `strict` (false). All may be set between steps.
 *
 * Slots, by variable: `accumulator`, float32 of its shape, 4 bytes per parameter. Weights: `iter`,
 * `Adagrad/dense/kernel/accumulator`, …
 *
 * tfjs has an `Adagrad` of its own, and its registry of names has room for one: see `registerOptimizers`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one. A call that throws changes nothing.
 * @source Duchi, Hazan and Singer 2011; tf-keras `optimizers/legacy/adagrad.py`. optax puts `eps` inside the root, and
 * `tf.train.adagrad` has no default rate.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { Adagrad } from 'tfjs-optax/legacy'
 * const w = tf.variable(tf.tensor1d([1, 2]))
 * const optimizer = new Adagrad({ learningRate: 0.5, initialAccumulatorValue: 3 })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), w]])
 * const sums = optimizer.getSlot(w, 'accumulator')
 * // sums is [4, 4]
 */
export class Adagrad extends defineOptimizer({
  className: 'Adagrad',
  learningRate: 0.001,
  fields,
  core,
  // A gradient of zero changes nothing, so rows without a gradient do not change.
  sparse: core,
  tfjsConfig: {
    keys: ['learningRate', 'initialAccumulatorValue'],
    read: config => {
      const { initialAccumulatorValue: initial } = config
      // Its epsilon stands inside the root: for larger accumulators the two differ by less than a millionth.
      if (typeof initial === 'number' && initial < 0.05) throw tfjsAccumulator('fromConfig', initial)
      return config
    },
  },
}) {}
