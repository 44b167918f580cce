import type { Hyper } from '../rule/hyper.js'
import { kerasLamb } from '../transforms/kerasLamb.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { held, nonNegativeField, pastField, patternsField, positiveField, rateField } from './keras/fields.js'
import { allBut, either, type Patterns } from './keras/patterns.js'

const fields = {
  /** the rate becomes `learningRate / (1 + decay iterations)`, at least 0, default 0 */
  decay: held(nonNegativeField(0)),
  /** the decay, a number or a schedule, default 0 */
  weightDecayRate: rateField(0),
  /** weight of the past in the mean of gradients, in [0, 1), default 0.9 */
  beta1: pastField(0.9),
  /** weight of the past in the mean of squares, in [0, 1), default 0.999 */
  beta2: pastField(0.999),
  /** added to the corrected root, above 0, default 1e-6 */
  epsilon: positiveField(1e-6),
  /** patterns of names that do not decay, default null */
  excludeFromWeightDecay: patternsField,
  /** patterns of names without the ratio of norms, default null; if null or empty, those that do not decay */
  excludeFromLayerAdaptation: patternsField,
}
/**
 * Settings of the Model Garden's `LAMB`.
 *
 * @interface
 */
export type LAMBSettings = AllSettings<typeof fields>

const core = (settings: LAMBSettings, rate: Hyper) => {
  const { beta1: b1, beta2: b2, epsilon: eps, weightDecayRate: weightDecay, strict } = settings
  const { excludeFromWeightDecay: undecayed, excludeFromLayerAdaptation: unadapted } = settings
  const mask = (exclude: Patterns) => allBut(exclude, strict ? [''] : undefined)
  const masks = { decayMask: mask(undecayed), adaptMask: mask(either(unadapted, undecayed)) }
  return kerasLamb(rate, { b1, b2, eps, weightDecay, ...masks })
}

/**
 * The Model Garden's `LAMB` on Keras's legacy optimizer: Adam's direction with decay, scaled in each variable to the
 * length of the variable. Bit for bit in float32 for variables without a ratio, up to the rounding of the norms for the
 * others.
 *
 * `m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
 * d = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + weightDecayRate p;  p = p - r learningRate d`, with
 * `r = |p| / |d|`, or 1 if a norm is zero or the variable is excluded.
 *
 * Options: `learningRate` (0.001, at least 0, a number, schedule or scalar tensor), `beta1` (0.9) and `beta2` (0.999)
 * in [0, 1), likewise, `epsilon` (1e-6, above 0), `weightDecayRate` (0, at least 0, a number, schedule or scalar
 * tensor), `excludeFromWeightDecay` and `excludeFromLayerAdaptation` (null: lists of regular expressions found in a
 * variable's name, with or without `:0`; if the second is null or empty, the first is used for both), `decay` (0, at
 * least 0: the rate becomes `learningRate / (1 + decay iterations)`), `clipnorm`, `clipvalue`, `globalClipnorm` (null,
 * above 0), `name` ('LAMB'), `gradientAggregator`, `gradientTransformers`, `strict` (false; true matches names without
 * `:0` only, as upstream, and omits the lists from the config). All may be set between steps.
 *
 * Slots, by variable: `m`, `v`, float32 of its shape, 4 bytes per parameter each. Weights: `iter`,
 * `LAMB/dense/kernel/m`, …
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one. A call that throws changes nothing.
 * @source You et al. 2020, algorithm 2; tensorflow/models `official/modeling/optimization/lamb.py`, which omits the
 * lists from its config. optax's `lamb` has `eps` 1e-6 as well, and excludes by masks.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { LAMB } from 'tfjs-optax/legacy'
 * const kernel = tf.variable(tf.tensor1d([3, 4]))
 * const optimizer = new LAMB({ weightDecayRate: 0.01, excludeFromWeightDecay: ['LayerNorm', 'bias'] })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), kernel]])
 * // optimizer.iterations is 1
 */
export class LAMB extends defineOptimizer({
  className: 'LAMB',
  learningRate: 0.001,
  fields,
  config: ['learningRate', 'weightDecayRate', 'decay', 'beta1', 'beta2', 'epsilon'],
  forgotten: ['excludeFromWeightDecay', 'excludeFromLayerAdaptation'],
  core,
  // Upstream adds the rows to the decayed moments and moves the whole variable, as with zeros in all other rows.
  sparse: core,
}) {}
