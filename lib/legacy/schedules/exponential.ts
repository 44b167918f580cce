import { defineSchedule } from './define.js'
import { finite, flag, nameField, nonNegative, positive, required } from './fields.js'
import { add, div, f32, mul, pow } from './float32.js'

export interface TimeDecayConfig {
  readonly initialLearningRate: number
  /** steps until the rate has decayed once; positive */
  readonly decaySteps: number
  readonly decayRate: number
  /** whether to decay in jumps, once every `decaySteps`, default false */
  readonly staircase?: boolean
  readonly name?: string | null
}

const fields = {
  initialLearningRate: required(finite),
  decaySteps: required(positive),
  decayRate: required(nonNegative),
  staircase: flag,
  name: nameField(),
}

/** `step / decaySteps`, whole where it is a staircase. */
const periods = ({ decaySteps, staircase }: Required<TimeDecayConfig>) => {
  const steps = f32(decaySteps)
  return (s: number): number => (staircase ? Math.floor(div(s, steps)) : div(s, steps))
}

/**
 * Keras's ExponentialDecay: `initialLearningRate decayRate^(step / decaySteps)`, in float32.
 *
 * @throws ValueError for rates that are not finite, a decay rate below 0 or steps that are not positive; TypeError for
 * an unknown option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, ExponentialDecay.
 */
export const kerasExponentialDecay = defineSchedule<TimeDecayConfig>({
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
 */
export const kerasInverseTimeDecay = defineSchedule<TimeDecayConfig>({
  className: 'InverseTimeDecay',
  fields,
  value: config => {
    const [initial, rate, p] = [f32(config.initialLearningRate), f32(config.decayRate), periods(config)]
    return s => div(initial, add(1, mul(rate, p(s))))
  },
})
