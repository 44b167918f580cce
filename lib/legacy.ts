/**
 * Optimizers and schedules of Keras and the Model Garden, bit for bit in float32:
 * `import { kerasPolynomialDecay } from 'tfjs-optax/legacy'`. These schedules can be used as any hyperparameter, and
 * carry their Keras config.
 */
import './backends/kernels.js'
import './complete.js'
import './legacy/chainReader.js'
export { kerasCosineDecay, type CosineDecayConfig } from './legacy/schedules/cosine.js'
export { deserializeSchedule, type DeserializeOptions } from './legacy/schedules/deserialize.js'
export { kerasExponentialDecay, kerasInverseTimeDecay, type TimeDecayConfig } from './legacy/schedules/exponential.js'
export type { ConfigValue, KerasSchedule, ScheduleConfig, ScheduleData } from './config/kerasSchedule.js'
export {
  kerasCosineDecayWithOffset,
  kerasExponentialDecayWithOffset,
  kerasPiecewiseConstantDecayWithOffset,
  kerasPolynomialDecayWithOffset,
  type Offset,
} from './legacy/schedules/offset.js'
export { kerasPiecewiseConstantDecay, type PiecewiseConstantDecayConfig } from './legacy/schedules/piecewise.js'
export { kerasPolynomialDecay, type PolynomialDecayConfig } from './legacy/schedules/polynomial.js'
export {
  kerasDirectPowerDecay,
  kerasPowerAndLinearDecay,
  kerasPowerDecayWithOffset,
  type DirectPowerDecayConfig,
  type PowerAndLinearDecayConfig,
  type PowerDecayWithOffsetConfig,
} from './legacy/schedules/power.js'
export { kerasCosineDecayRestarts, type CosineDecayRestartsConfig } from './legacy/schedules/restarts.js'
export type { Json } from './config/json.js'
export { serializeSchedule, type SerializeOptions } from './legacy/schedules/serialize.js'
export { kerasStepCosineDecayWithOffset, type StepCosineDecayWithOffsetConfig } from './legacy/schedules/stepCosine.js'
export {
  kerasLinearWarmup,
  kerasPolynomialWarmUp,
  kerasWarmUp,
  type LinearWarmupConfig,
  type PolynomialWarmUpConfig,
  type WarmUpConfig,
} from './legacy/schedules/warmup.js'
export { asOptimizer, TransformOptimizer, type AsOptimizerOptions } from './shell/transformOptimizer.js'
export type { ConstrainedModel } from './shell/constraints.js'
export type { LastStep } from './shell/lastStep.js'
export { Adam, type AdamSettings } from './legacy/adam.js'
export { AdamWeightDecay, type AdamWeightDecaySettings } from './legacy/adamWeightDecay.js'
export { SGD, type SGDSettings } from './legacy/sgd.js'
export { RMSprop, type RMSpropSettings } from './legacy/rmsprop.js'
export { Adagrad, type AdagradSettings } from './legacy/adagrad.js'
export { LAMB, type LAMBSettings } from './legacy/lamb.js'
export { LARS, type LARSSettings } from './legacy/lars.js'
export { SLIDE } from './legacy/slide.js'
export { ExponentialMovingAverage, type ShadowedModel } from './legacy/exponentialMovingAverage.js'
export type { ExponentialMovingAverageSettings } from './legacy/keras/average.js'
export { registerOptimizers, type RegisterOptions } from './legacy/register.js'
export type { Patterns } from './legacy/keras/patterns.js'
export type { BaseSettings, OptionsOf } from './legacy/keras/settings.js'
export type { ApplyOptions } from './legacy/keras/kind.js'
export type { CustomObjects } from './legacy/keras/config.js'
export type { LossOptions } from './legacy/keras/loss.js'
export type { VariableList } from './shell/loss.js'
export type { Gradient, GradientsAndVariables, Pair, ReplicaGradients, SparseGradient } from './legacy/keras/pairs.js'
export type { Initializer } from './legacy/keras/slots.js'
export type { WeightLike } from './legacy/keras/weights.js'
export { createOptimizer, type CreateOptimizerOptions } from './legacy/factory/createOptimizer.js'
export {
  optimizerFromConfig,
  type MakeOptimizer,
  type OptimizerFromConfigOptions,
} from './legacy/factory/optimizationConfig.js'
