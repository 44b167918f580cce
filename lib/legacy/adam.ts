import type { Hyper } from '../rule/hyper.js'
import { epsilonHatOf } from '../transforms/epsilonHat.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { betaField, epsilonField, flagField } from './keras/fields.js'

export const adamFields = {
  beta1: betaField(0.9),
  beta2: betaField(0.999),
  epsilon: epsilonField(1e-7),
  amsgrad: flagField(false),
}
export type AdamSettings = AllSettings<typeof adamFields>

/** Keras's Adam, dense or sparse; both forms have the same state. */
export const adamCore = ({ beta1, beta2, epsilon, amsgrad, strict }: AdamSettings, rate: Hyper, sparse: boolean) =>
  epsilonHatOf(rate, { b1: beta1, b2: beta2, eps: epsilon }, { amsgrad, sparse, unchecked: strict })

/**
 * Keras's legacy `Adam`, bit for bit in float32: `epsilon` is added to the uncorrected root. See `AdamWeightDecay` for
 * the methods of these classes, and `adam` for the form of optax.
 *
 * Options: `learningRate` (0.001, at least 0, a number or schedule), `beta1` (0.9) and `beta2` (0.999) in [0, 1),
 * `epsilon` (1e-7, above 0), `amsgrad` (false), `decay`, `clipnorm`, `clipvalue`, `globalClipnorm`. Slots: `m`, `v`,
 * `vhat` with amsgrad; 4 bytes per parameter each.
 *
 * tfjs has an `Adam` of its own, and its registry of names has room for one: see `registerOptimizers`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source tf-keras `optimizers/legacy/adam.py`; `tf.train.adam` adds epsilon after the correction, as optax does.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { Adam } from 'tfjs-optax/legacy'
 * const w = tf.variable(tf.tensor1d([1, 2]))
 * const optimizer = new Adam({ learningRate: 0.1 })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), w]])
 * // optimizer.iterations is 1
 */
export class Adam extends defineOptimizer({
  className: 'Adam',
  learningRate: 0.001,
  fields: adamFields,
  core: (settings, rate) => adamCore(settings, rate, false),
  sparse: (settings, rate) => adamCore(settings, rate, true),
}) {}
