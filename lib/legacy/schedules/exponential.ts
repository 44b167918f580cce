import { defineSchedule } from './define.js'
import {
  finite,
  flag,
  nameField,
  nonNegative,
  positive,
  required,
  type Arguments,
  type ScheduleOptions,
} from './fields.js'
import { add, div, f32, mul, pow } from './float32.js'

const fields = {
  initialLearningRate: required(finite),
  /** steps until the rate has decayed once; positive */
  decaySteps: required(positive),
  decayRate: required(nonNegative),
  /** whether to decay in jumps, once every `decaySteps`, default false */
  staircase: flag,
  name: nameField(),
}
/**
 * Options of `kerasExponentialDecay` and `kerasInverseTimeDecay`.
 *
 * @interface
 */
export type TimeDecayConfig = ScheduleOptions<typeof fields>

/** `step / decaySteps`, rounded down for a staircase. */
const periods = ({ decaySteps, staircase }: Arguments<typeof fields>) => {
  const steps = f32(decaySteps)
  return (s: number): number => (staircase ? Math.floor(div(s, steps)) : div(s, steps))
}

/**
 * Keras's ExponentialDecay: `initialLearningRate decayRate^(step / decaySteps)`, in float32.
 *
 * @throws ValueError for rates that are not finite, a decay rate below 0 or steps that are not positive; TypeError for
 * an unknown option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, ExponentialDecay.
 * @example
 * import { kerasExponentialDecay } from 'tfjs-optax/legacy'
 * kerasExponentialDecay({ initialLearningRate: 1, decaySteps: 10, decayRate: 0.5 })(20) // 0.25
 */
export const kerasExponentialDecay = defineSchedule({
  className: 'ExponentialDecay',
  fields,
  value: config => {
    const [initial, rate, p] = [f32(config.initialLearningRate), f32(config.decayRate), periods(config)]
    return s => mul(initial, pow(rate, p(s)))
  },
})

/**
 * Keras's InverseTimeDecay: `initialLearningRate / (1 + decayRate step / decaySteps)`, in float32.
 *
 * @throws as `kerasExponentialDecay`.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, InverseTimeDecay.
 * @example
 * import { kerasInverseTimeDecay } from 'tfjs-optax/legacy'
 * kerasInverseTimeDecay({ initialLearningRate: 1, decaySteps: 10, decayRate: 1 })(10) // 0.5
 */
export const kerasInverseTimeDecay = defineSchedule({
  className: 'InverseTimeDecay',
  fields,
  value: config => {
    const [initial, rate, p] = [f32(config.initialLearningRate), f32(config.decayRate), periods(config)]
    return s => div(initial, add(1, mul(rate, p(s))))
  },
})
