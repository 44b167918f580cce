import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { decayParams } from '../transforms/decayParams.js'
import { adamCore, adamFields } from './adam.js'
import { defineOptimizer, type AllSettings } from './keras/define.js'
import { clipBeforeField, patternsField, weightDecayField } from './keras/fields.js'
import { decayedBy } from './keras/patterns.js'

const fields = {
  ...adamFields,
  /** the decay, multiplied by the rate and the parameter, default 0 */
  weightDecayRate: weightDecayField(0),
  /** patterns of names that decay whatever else, default null */
  includeInWeightDecay: patternsField,
  /** patterns of names that do not decay, default null */
  excludeFromWeightDecay: patternsField,
  /** the norm to which the gradients of each replica are clipped together, before they are summed; default 1 */
  gradientClipNorm: clipBeforeField(1),
}
/**
 * Settings of the Model Garden's `AdamWeightDecay`.
 *
 * @interface
 */
export type AdamWeightDecaySettings = AllSettings<typeof fields>

const core = (settings: AdamWeightDecaySettings, rate: Hyper, sparse: boolean): GradientTransformation => {
  const adam = adamCore(settings, rate, sparse)
  const { weightDecayRate, includeInWeightDecay: include, excludeFromWeightDecay: exclude } = settings
  if (weightDecayRate === 0) return adam
  const mask = decayedBy(include, exclude, settings.strict ? [':0'] : undefined)
  return chain(decayParams(rate, weightDecayRate, { mask }), adam)
}

/**
 * Adam with decoupled weight decay and a clip by global norm, as BERT fine-tuning code expects it: the TensorFlow Model
 * Garden's `AdamWeightDecay`, bit for bit in float32 unless a clip by norm is active.
 *
 * Each step: clip the gradients of each replica to `gradientClipNorm`, sum replicas, `clipvalue`, `clipnorm`,
 * `globalClipnorm`, `gradientTransformers`; then for each variable `p = p - (rate p) weightDecayRate` unless it is
 * excluded, and Keras's Adam, `m = m + (g - m)(1 - b1); v = v + (g^2 - v)(1 - b2); p = p - m alpha / (sqrt(v) +
 * epsilon)`.
 *
 * Options: `learningRate` (0.001, at least 0, a number, schedule or scalar tensor), `beta1` (0.9) and `beta2` (0.999)
 * in [0, 1), `epsilon` (1e-7, above 0), `amsgrad` (false), `weightDecayRate` (0), `includeInWeightDecay` and
 * `excludeFromWeightDecay` (lists of regular expressions found in a variable's name, with or without `:0`; the first
 * makes exceptions to the second, and has no effect alone), `gradientClipNorm` (**1**, 0 is off), `clipnorm`,
 * `clipvalue`, `globalClipnorm`, `decay`, `gradientAggregator`, `gradientTransformers`, `name`, `strict` (reproduce
 * TensorFlow's accidents, see the guide). All but `name` and `strict` may be set between steps.
 *
 * Slots, by variable: `m`, `v`, and `vhat` with amsgrad, 4 bytes per parameter each. Weights: `iter`,
 * `AdamWeightDecay/dense/kernel/m`, …
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or gradients in an unknown form;
 * RuntimeError for replicas with `experimentalAggregateGradients: false`. A call that throws changes nothing.
 * @source tensorflow/models `official/modeling/optimization/legacy_adamw.py` on tf-keras's legacy Adam. optax's `adamw`
 * corrects before it adds epsilon, and adds the decay to the update.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { AdamWeightDecay, kerasPolynomialDecay } from 'tfjs-optax/legacy'
 * const optimizer = new AdamWeightDecay({
 *   learningRate: kerasPolynomialDecay({ initialLearningRate: 2e-5, decaySteps: 1000, endLearningRate: 0 }),
 *   weightDecayRate: 0.01,
 *   excludeFromWeightDecay: ['LayerNorm', 'layer_norm', 'bias'],
 * })
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * await model.trainOnBatch(tf.ones([8, 3]), tf.ones([8, 1]))
 * // optimizer.iterations is 1
 */
export class AdamWeightDecay extends defineOptimizer({
  className: 'AdamWeightDecay',
  learningRate: 0.001,
  fields,
  forgotten: ['gradientClipNorm', 'includeInWeightDecay', 'excludeFromWeightDecay'],
  core: (settings, rate) => core(settings, rate, false),
  sparse: (settings, rate) => core(settings, rate, true),
  clipNorm: ({ gradientClipNorm }) => gradientClipNorm,
}) {}
