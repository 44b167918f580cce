/**
 * What Keras and the Model Garden have, to the bit of float32: `import { kerasPolynomialDecay } from 'tfjs-optax/legacy'`.
 * A schedule here is a `Schedule`, so it is a hyperparameter wherever one is taken, and carries its Keras config.
 */
export { kerasCosineDecay, type CosineDecayConfig } from './legacy/schedules/cosine.js'
export { deserializeSchedule, type DeserializeOptions } from './legacy/schedules/deserialize.js'
export { kerasExponentialDecay, kerasInverseTimeDecay, type TimeDecayConfig } from './legacy/schedules/exponential.js'
export type { ConfigValue, KerasSchedule, ScheduleConfig, ScheduleData } from './legacy/schedules/keras.js'
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
export { serializeSchedule, type Json, type SerializeOptions } from './legacy/schedules/serialize.js'
export { kerasStepCosineDecayWithOffset, type StepCosineDecayWithOffsetConfig } from './legacy/schedules/stepCosine.js'
export {
  kerasLinearWarmup,
  kerasPolynomialWarmUp,
  kerasWarmUp,
  type LinearWarmupConfig,
  type PolynomialWarmUpConfig,
  type WarmUpConfig,
} from './legacy/schedules/warmup.js'
