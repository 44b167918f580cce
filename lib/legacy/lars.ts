import type { Hyper } from '../rule/hyper.js'
import { kerasLars } from '../transforms/kerasLars.js'
import { flagField, held, nonNegativeField, patternsField, upToOneField, weightDecayField } from './keras/fields.js'
import { KerasOptimizer, type Kind } from './keras/kerasOptimizer.js'
import { allBut, either, type Patterns } from './keras/patterns.js'
import { baseFields, type BaseSettings, type OptionsOf } from './keras/settings.js'

export interface LARSSettings extends BaseSettings {
  readonly momentum: number
  readonly classicMomentum: boolean
  readonly weightDecayRate: number
  readonly eeta: number
  readonly nesterov: boolean
  readonly excludeFromWeightDecay: Patterns
  readonly excludeFromLayerAdaptation: Patterns
}

const core = (settings: LARSSettings, rate: Hyper) => {
  const { momentum, classicMomentum, weightDecayRate: weightDecay, eeta, nesterov, strict } = settings
  const { excludeFromWeightDecay: undecayed, excludeFromLayerAdaptation: unadapted } = settings
  const mask = (exclude: Patterns) => allBut(exclude, strict ? [':0'] : undefined)
  const masks = { decayMask: mask(undecayed), adaptMask: mask(either(unadapted, undecayed)) }
  return kerasLars(rate, { momentum, classicMomentum, weightDecay, eeta, nesterov, ...masks })
}

const kind: Kind<LARSSettings> = {
  className: 'LARS',
  fields: {
    ...baseFields('LARS', 0.01),
    decay: held(nonNegativeField(0)),
    momentum: upToOneField(0.9),
    classicMomentum: flagField(true),
    weightDecayRate: weightDecayField(0),
    eeta: nonNegativeField(0.001),
    nesterov: flagField(),
    excludeFromWeightDecay: patternsField,
    excludeFromLayerAdaptation: patternsField,
  },
  config: ['learningRate', 'decay', 'momentum', 'classicMomentum', 'weightDecayRate', 'eeta', 'nesterov'],
  forgotten: ['excludeFromWeightDecay', 'excludeFromLayerAdaptation'],
  core,
  sparse: () => null,
  clipNorm: () => 0,
}

/**
 * The Model Garden's `LARS` on Keras's legacy optimizer: momentum with a rate for each variable. Bit for bit in float32
 * where a variable has no ratio, up to the rounding of the norms where it has one.
 *
 * `g = g + weightDecayRate p`. Classic: `a = learningRate r g;  s = momentum s + a;  p = p - s`, with Nesterov
 * `p = p - momentum s - a`, and `r = eeta |p| / |g|`. Popular: `s = momentum s + g`, `d = s`, with Nesterov
 * `d = momentum s + g`;  `p = p - r learningRate d` with `r = eeta |p| / |d|`. Where a norm is zero or the variable is
 * excluded, `r` is 1. `s` is the slot `momentum`.
 *
 * Options: `learningRate` (0.01, at least 0, a number, schedule or scalar tensor), `momentum` (0.9, in [0, 1]),
 * `classicMomentum` (true), `weightDecayRate` (0, at least 0), `eeta` (0.001, at least 0), `nesterov` (false),
 * `excludeFromWeightDecay` and `excludeFromLayerAdaptation` (null: lists of regular expressions found in a variable's name,
 * with or without `:0`; the second is the first where it is null or empty), `decay` (0, at least 0: the rate becomes
 * `learningRate / (1 + decay iterations)`), `clipnorm`, `clipvalue`, `globalClipnorm` (null, above 0), `name` ('LARS'),
 * `gradientAggregator`, `gradientTransformers`, `strict` (false; true looks at names with `:0` only, as upstream, and
 * leaves the lists out of the config). All may be set between steps.
 *
 * Slots, by variable: `momentum`, float32 of its shape, 4 bytes per parameter. Weights: `iter`,
 * `LARS/dense/kernel/momentum`, …
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one; RuntimeError for a sparse gradient. A
 * call that throws changes nothing.
 * @source You, Gitman and Ginsburg 2017; tensorflow/models `official/modeling/optimization/lars.py`, which forgets the lists
 * in its config and reads no schedule from one; this does both.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { LARS } from 'tfjs-optax/legacy'
 * const kernel = tf.variable(tf.tensor1d([3, 4]))
 * const optimizer = new LARS({ learningRate: 0.1, weightDecayRate: 1e-4, excludeFromWeightDecay: ['batch_norm', 'bias'] })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), kernel]])
 * // optimizer.iterations is 1
 */
export class LARS extends KerasOptimizer<LARSSettings> {
  static readonly className = 'LARS'
  constructor(options: OptionsOf<LARSSettings> = {}) {
    super(kind, options)
  }
  get momentum(): number {
    return this.settings.momentum
  }
  set momentum(momentum: number) {
    this.set('momentum', momentum)
  }
  get classicMomentum(): boolean {
    return this.settings.classicMomentum
  }
  set classicMomentum(classic: boolean) {
    this.set('classicMomentum', classic)
  }
  get weightDecayRate(): number {
    return this.settings.weightDecayRate
  }
  set weightDecayRate(rate: number) {
    this.set('weightDecayRate', rate)
  }
  get eeta(): number {
    return this.settings.eeta
  }
  set eeta(eeta: number) {
    this.set('eeta', eeta)
  }
  get nesterov(): boolean {
    return this.settings.nesterov
  }
  set nesterov(nesterov: boolean) {
    this.set('nesterov', nesterov)
  }
  get excludeFromWeightDecay(): Patterns {
    return this.settings.excludeFromWeightDecay
  }
  set excludeFromWeightDecay(patterns: Patterns) {
    this.set('excludeFromWeightDecay', patterns)
  }
  get excludeFromLayerAdaptation(): Patterns {
    return this.settings.excludeFromLayerAdaptation
  }
  set excludeFromLayerAdaptation(patterns: Patterns) {
    this.set('excludeFromLayerAdaptation', patterns)
  }
}
