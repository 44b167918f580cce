import { defineSchedule } from './define.js'
import { finite, flag, nameField, optional, positive, required, type ScheduleOptions } from './fields.js'
import { add, div, f32, mul, pow, sub } from './float32.js'

const fields = {
  initialLearningRate: required(finite),
  /** positive */
  decaySteps: required(positive),
  /** default 1e-4 */
  endLearningRate: optional(finite, 1e-4),
  /** default 1 */
  power: optional(finite, 1),
  /** whether to restart after the end, stretched to the next multiple of `decaySteps`, default false */
  cycle: flag,
  name: nameField(),
}
/**
 * Options of `kerasPolynomialDecay`.
 *
 * @interface
 */
export type PolynomialDecayConfig = ScheduleOptions<typeof fields>

/**
 * Keras's PolynomialDecay, in float32: `(initial - end) (1 - s / d)^power + end`, where `s = min(step, decaySteps)` and
 * `d = decaySteps`; with `cycle`, `s = step` and `d = decaySteps ceil(step / decaySteps)`, one `decaySteps` at step 0.
 *
 * @throws ValueError for values that are not finite or steps that are not positive; TypeError for an unknown option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, PolynomialDecay.
 * @example
 * import { kerasPolynomialDecay } from 'tfjs-optax/legacy'
 * kerasPolynomialDecay({ initialLearningRate: 1, decaySteps: 10, endLearningRate: 0 })(5) // 0.5
 */
export const kerasPolynomialDecay = defineSchedule({
  className: 'PolynomialDecay',
  fields,
  value: ({ initialLearningRate, decaySteps, endLearningRate, power, cycle }) => {
    const [end, steps, exponent] = [f32(endLearningRate), f32(decaySteps), f32(power)]
    const range = sub(f32(initialLearningRate), end)
    const done = cycle
      ? (s: number): number => div(s, mul(steps, s === 0 ? 1 : Math.ceil(div(s, steps))))
      : (s: number): number => div(Math.min(s, steps), steps)
    return s => add(mul(range, pow(sub(1, done(s)), exponent)), end)
  },
})
