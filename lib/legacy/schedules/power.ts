/** The Model Garden's schedules that follow a power of the step. */
import { defineSchedule, gardenModule } from './define.js'
import { finite, nameField, nonNegative, optional, required, type ScheduleOptions } from './fields.js'
import { div, f32, mul, pow, sub } from './float32.js'

const direct = {
  initialLearningRate: required(finite),
  /** default 1; negative for a decay */
  power: optional(finite, 1),
  /** default 'DirectPowerDecay' */
  name: nameField('DirectPowerDecay'),
}
/**
 * Options of `kerasDirectPowerDecay`.
 *
 * @interface
 */
export type DirectPowerDecayConfig = ScheduleOptions<typeof direct>

/**
 * Model Garden's DirectPowerDecay, in float32: `initialLearningRate max(step, 1)^power`.
 *
 * @throws ValueError for values that are not finite; TypeError for an unknown option.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`.
 * @example
 * import { kerasDirectPowerDecay } from 'tfjs-optax/legacy'
 * kerasDirectPowerDecay({ initialLearningRate: 1, power: -0.5 })(4) // 0.5
 */
export const kerasDirectPowerDecay = defineSchedule({
  className: 'DirectPowerDecay',
  module: gardenModule,
  fields: direct,
  value: ({ initialLearningRate, power }) => {
    const [initial, exponent] = [f32(initialLearningRate), f32(power)]
    return s => mul(initial, pow(Math.max(s, 1), exponent))
  },
})

const linear = {
  initialLearningRate: required(finite),
  /** at least 0 */
  totalDecaySteps: required(nonNegative),
  /** default 1; negative for a decay */
  power: optional(finite, 1),
  /** the fraction of the steps at the end in which a linear factor brings the rate to 0; default 0.1 */
  linearDecayFraction: optional(nonNegative, 0.1),
  /** the count at which the schedule starts, default 0 */
  offset: optional(finite, 0),
  /** default 'PowerAndLinearDecay' */
  name: nameField('PowerAndLinearDecay'),
}
/**
 * Options of `kerasPowerAndLinearDecay`.
 *
 * @interface
 */
export type PowerAndLinearDecayConfig = ScheduleOptions<typeof linear>

/**
 * Model Garden's PowerAndLinearDecay, in float32, with `u = step - offset`, T `totalDecaySteps` and f
 * `linearDecayFraction`: `initialLearningRate max(u, 1)^power max(0, min(1, (T - u) / (T f)))`, without the last factor
 * if `T f` is 0.
 *
 * @throws ValueError for values that are not finite, steps or a fraction below 0; TypeError for an unknown option.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`.
 * @example
 * import { kerasPowerAndLinearDecay } from 'tfjs-optax/legacy'
 * kerasPowerAndLinearDecay({ initialLearningRate: 1, totalDecaySteps: 100, power: 0, linearDecayFraction: 0.5 })(75) // 0.5
 */
export const kerasPowerAndLinearDecay = defineSchedule({
  className: 'PowerAndLinearDecay',
  module: gardenModule,
  fields: linear,
  value: ({ initialLearningRate, totalDecaySteps, power, linearDecayFraction, offset }) => {
    const [initial, total, exponent, start] = [initialLearningRate, totalDecaySteps, power, offset].map(f32) as Four
    const span = totalDecaySteps * linearDecayFraction
    return s => {
      const u = sub(s, start)
      const rate = mul(initial, pow(Math.max(u, 1), exponent))
      return span > 0 ? Math.max(0, mul(rate, Math.min(1, div(sub(total, u), f32(span))))) : rate
    }
  },
})

type Four = [number, number, number, number]

const withOffset = {
  initialLearningRate: required(finite),
  /** default 1; negative for a decay */
  power: optional(finite, 1),
  /** the count at which the schedule starts, default 0 */
  offset: optional(finite, 0),
  /** the rate up to the offset, and the highest one after it; default 1e6, as upstream, far too high for training */
  preOffsetLearningRate: optional(finite, 1e6),
  /** default 'PowerDecayWithOffset' */
  name: nameField('PowerDecayWithOffset'),
}
/**
 * Options of `kerasPowerDecayWithOffset`.
 *
 * @interface
 */
export type PowerDecayWithOffsetConfig = ScheduleOptions<typeof withOffset>

/**
 * Model Garden's PowerDecayWithOffset, in float32: `preOffsetLearningRate` up to `offset`, then
 * `initialLearningRate max(step - offset, 1)^power`, but no more than `preOffsetLearningRate`.
 *
 * @throws ValueError for values that are not finite; TypeError for an unknown option.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`.
 * @example
 * import { kerasPowerDecayWithOffset } from 'tfjs-optax/legacy'
 * kerasPowerDecayWithOffset({ initialLearningRate: 1, power: -1, offset: 10, preOffsetLearningRate: 0.5 })(14) // 0.25
 */
export const kerasPowerDecayWithOffset = defineSchedule({
  className: 'PowerDecayWithOffset',
  module: gardenModule,
  fields: withOffset,
  value: ({ initialLearningRate, power, offset, preOffsetLearningRate }) => {
    const [initial, exponent, start, before] = [initialLearningRate, power, offset, preOffsetLearningRate].map(
      f32,
    ) as Four
    return s => (s > start ? Math.min(mul(pow(Math.max(sub(s, start), 1), exponent), initial), before) : before)
  },
})
