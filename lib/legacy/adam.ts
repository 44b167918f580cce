import { at, changedHyper, type Hyper } from '../rule/hyper.js'
import { epsilonHatOf } from '../transforms/epsilonHat.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { betaField, epsilonField, flagField } from './keras/fields.js'

export const adamFields = {
  /** weight of the past in the mean of gradients, in [0, 1), default 0.9 */
  beta1: betaField(0.9),
  /** weight of the past in the mean of squares, in [0, 1), default 0.999 */
  beta2: betaField(0.999),
  /** added to the uncorrected root, above 0, default 1e-7 */
  epsilon: epsilonField(1e-7),
  /** whether to divide by the greatest mean of squares so far, default false */
  amsgrad: flagField(false),
}
const fields = {
  ...adamFields,
  /** whether epsilon is added to the uncorrected root, as in Keras; default true */
  epsilonHat: flagField(true),
}
/**
 * Settings of Keras's `Adam`.
 *
 * @interface
 */
export type AdamSettings = AllSettings<typeof fields>
type CoreSettings = AllSettings<typeof adamFields> & Partial<Pick<AdamSettings, 'epsilonHat'>>

const { fround, sqrt } = Math

/** The epsilon of each step that comes to the same beside an uncorrected root as `epsilon` beside a corrected one. */
const uncorrected = (epsilon: number, beta2: Hyper): Hyper =>
  changedHyper(beta2, b2 => count => epsilon * sqrt(1 - fround(at(b2, count)) ** (count + 1)))

/** Keras's Adam, dense or sparse; both forms have the same state. */
export const adamCore = (
  { beta1: b1, beta2: b2, epsilon, epsilonHat = true, amsgrad, strict }: CoreSettings,
  rate: Hyper,
  sparse: boolean,
) => {
  const eps = epsilonHat ? epsilon : uncorrected(epsilon, b2)
  return epsilonHatOf(rate, { b1, b2, eps }, { amsgrad, sparse, unchecked: strict })
}

/**
 * Keras's legacy `Adam`, bit for bit in float32: `epsilon` is added to the uncorrected root. See `AdamWeightDecay` for
 * the methods of these classes, and `adam` for the form of optax.
 *
 * Options: `learningRate` (0.001, at least 0, a number or schedule), `beta1` (0.9) and `beta2` (0.999) in [0, 1),
 * `epsilon` (1e-7, above 0), `epsilonHat` (true; false adds epsilon to the corrected root, as `tf.train.adam` does and
 * Keras cannot), `amsgrad` (false), `decay`, `clipnorm`, `clipvalue`, `globalClipnorm`. Slots: `m`, `v`, `vhat` with
 * amsgrad; 4 bytes per parameter each.
 *
 * tfjs has an `Adam` of its own, and its registry of names has room for one: see `registerOptimizers`. A file of tfjs's
 * `Adam` is read with `epsilonHat` false.
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
  fields,
  additions: ['epsilonHat'],
  core: (settings, rate) => adamCore(settings, rate, false),
  sparse: (settings, rate) => adamCore(settings, rate, true),
  tfjsConfig: {
    keys: ['learningRate', 'beta1', 'beta2', 'epsilon'],
    read: config => ({ ...config, epsilonHat: false }),
  },
}) {}
