import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { kerasRmsprop } from '../transforms/kerasRmsprop.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { epsilonField, flagField, momentumField, pastField } from './keras/fields.js'
import { momentumOf } from './keras/momentum.js'

const fields = {
  /** weight of the past in the mean of squares, in [0, 1), default 0.9 */
  rho: pastField(0.9),
  /** weight of the past in the sum of steps, in [0, 1], default 0 */
  momentum: momentumField(0),
  /** above 0, default 1e-7 */
  epsilon: epsilonField(1e-7),
  /** whether to divide by the standard deviation, default false */
  centered: flagField(false),
}
/**
 * Settings of Keras's `RMSprop`.
 *
 * @interface
 */
export type RMSpropSettings = AllSettings<typeof fields>

const core = (settings: RMSpropSettings, rate: Hyper, given: RMSpropSettings): GradientTransformation => {
  const { rho, epsilon: eps, centered } = settings
  return kerasRmsprop(rate, { rho, momentum: momentumOf(settings, given), eps, centered })
}

/**
 * Keras's legacy `RMSprop`, bit for bit in float32: steps are divided by the root of the mean square of gradients.
 *
 * `rms = rho rms + (1 - rho) g^2;  p = p - learningRate g / (sqrt(d) + epsilon)` with `d = rms`, or centered
 * `mg = rho mg + (1 - rho) g` and `d = rms - mg^2`. With momentum
 * `s = momentum s + learningRate g / sqrt(d + epsilon);  p = p - s`, where `s` is the slot `momentum`.
 *
 * Options: `learningRate` (0.001, at least 0, a number, schedule or scalar tensor), `rho` (0.9, in [0, 1), likewise),
 * `momentum` (0, in [0, 1], likewise), `epsilon` (1e-7, above 0), `centered` (false), `decay` (0, at least 0: the rate
 * becomes `learningRate / (1 + decay iterations)`), `clipnorm`, `clipvalue`, `globalClipnorm` (null, above 0), `name`
 * ('RMSprop'), `gradientAggregator`, `gradientTransformers`, `strict` (false). All may be set between steps; slots come
 * and go accordingly. With `strict` the constructor decides whether there is momentum, as in Keras.
 *
 * Slots, by variable: `rms`, with momentum `momentum`, centered `mg`: float32 of its shape, 4 bytes per parameter each.
 * Weights: `iter`, `RMSprop/dense/kernel/rms`, …
 *
 * tfjs's own class is called `RMSProp`, so the two do not conflict in its registry.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one; RuntimeError for a sparse gradient
 * with momentum. A call that throws changes nothing.
 * @source Hinton 2012, lecture 6e; tf-keras `optimizers/legacy/rmsprop.py`. optax always has `eps` inside the root,
 * torch outside; the argument `decay` of `tf.train.rmsprop` is `rho` here.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { RMSprop } from 'tfjs-optax/legacy'
 * const w = tf.variable(tf.tensor1d([1, 2]))
 * const optimizer = new RMSprop({ learningRate: 0.1, momentum: 0.9, centered: true })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), w]])
 * const slots = optimizer.getSlotNames()
 * // slots is ['rms', 'momentum', 'mg']
 */
export class RMSprop extends defineOptimizer({
  className: 'RMSprop',
  learningRate: 0.001,
  fields,
  core,
  // With momentum Keras does not change rows without a gradient, which no dense formula can express.
  sparse: (settings, rate, given) => (momentumOf(settings, given) === 0 ? core(settings, rate, given) : null),
}) {}
