import type { Hyper } from '../rule/hyper.js'
import { kerasLars } from '../transforms/kerasLars.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { flagField, held, nonNegativeField, patternsField, upToOneField, weightDecayField } from './keras/fields.js'
import { allBut, either, type Patterns } from './keras/patterns.js'
import { tfjsMomentum } from './keras/momentum.js'

const fields = {
  /** the rate becomes `learningRate / (1 + decay iterations)`, at least 0, default 0 */
  decay: held(nonNegativeField(0)),
  /** weight of the past in the sum of steps, in [0, 1], default 0.9 */
  momentum: upToOneField(0.9),
  /** true: the slot sums steps, which include the rate; false: it sums gradients; default true */
  classicMomentum: flagField(true),
  /** the decay, default 0 */
  weightDecayRate: weightDecayField(0),
  /** the factor of the ratio of norms, at least 0, default 0.001 */
  eeta: nonNegativeField(0.001),
  /** Nesterov's momentum, default false */
  nesterov: flagField(false),
  /** patterns of names that do not decay, default null */
  excludeFromWeightDecay: patternsField,
  /** patterns of names without the ratio of norms, default null; if null or empty, those that do not decay */
  excludeFromLayerAdaptation: patternsField,
}
/**
 * Settings of the Model Garden's `LARS`.
 *
 * @interface
 */
export type LARSSettings = AllSettings<typeof fields>

const core = (settings: LARSSettings, rate: Hyper) => {
  const { momentum, classicMomentum, weightDecayRate: weightDecay, eeta, nesterov, strict } = settings
  const { excludeFromWeightDecay: undecayed, excludeFromLayerAdaptation: unadapted } = settings
  const mask = (exclude: Patterns) => allBut(exclude, strict ? [':0'] : undefined)
  const masks = { decayMask: mask(undecayed), adaptMask: mask(either(unadapted, undecayed)) }
  return kerasLars(rate, { momentum, classicMomentum, weightDecay, eeta, nesterov, ...masks })
}

/**
 * The Model Garden's `LARS` on Keras's legacy optimizer: momentum with a rate for each variable. Bit for bit in float32
 * for variables without a ratio, up to the rounding of the norms for the others.
 *
 * `g = g + weightDecayRate p`. Classic: `a = learningRate r g;  s = momentum s + a;  p = p - s`, with Nesterov
 * `p = p - momentum s - a`, and `r = eeta |p| / |g|`. Popular: `s = momentum s + g`, `d = s`, with Nesterov
 * `d = momentum s + g`;  `p = p - r learningRate d` with `r = eeta |p| / |d|`. If a norm is zero or the variable is
 * excluded, `r` is 1. `s` is the slot `momentum`.
 *
 * Options: `learningRate` (0.01, at least 0, a number, schedule or scalar tensor), `momentum` (0.9, in [0, 1]),
 * `classicMomentum` (true), `weightDecayRate` (0, at least 0), `eeta` (0.001, at least 0), `nesterov` (false),
 * `excludeFromWeightDecay` and `excludeFromLayerAdaptation` (null: lists of regular expressions found in a variable's
 * name, with or without `:0`; if the second is null or empty, the first is used for both), `decay` (0, at least 0: the
 * rate becomes `learningRate / (1 + decay iterations)`), `clipnorm`, `clipvalue`, `globalClipnorm` (null, above 0),
 * `name` ('LARS'), `gradientAggregator`, `gradientTransformers`, `strict` (false; true matches names with `:0` only, as
 * upstream, and omits the lists from the config). All may be set between steps.
 *
 * Slots, by variable: `momentum`, float32 of its shape, 4 bytes per parameter. Weights: `iter`,
 * `LARS/dense/kernel/momentum`, …
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one; RuntimeError for a sparse gradient.
 * A call that throws changes nothing.
 * @source You, Gitman and Ginsburg 2017; tensorflow/models `official/modeling/optimization/lars.py`, which omits the
 * lists from its config and cannot read a schedule from one.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { LARS } from 'tfjs-optax/legacy'
 * const kernel = tf.variable(tf.tensor1d([3, 4]))
 * const optimizer = new LARS({ learningRate: 0.1, weightDecayRate: 1e-4, excludeFromWeightDecay: ['batch_norm', 'bias'] })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), kernel]])
 * // optimizer.iterations is 1
 */
export class LARS extends defineOptimizer({
  className: 'LARS',
  learningRate: 0.01,
  fields,
  forgotten: ['excludeFromWeightDecay', 'excludeFromLayerAdaptation'],
  core,
  sparse: () => null,
  tfjs: tfjsMomentum,
}) {}
