/** Schedules that warm up and then follow another one, whose count is not shifted. */
import { defineSchedule, gardenModule } from './define.js'
import {
  finite,
  nameField,
  nonNegative,
  optional,
  required,
  schedule,
  scheduleOrNumber,
  type ScheduleOptions,
} from './fields.js'
import { add, div, f32, mul, pow, sub } from './float32.js'
import type { KerasSchedule } from '../../config/kerasSchedule.js'

const following = (after: KerasSchedule | number) => (typeof after === 'number' ? () => f32(after) : after)

const linear = {
  afterWarmupLrSched: required(scheduleOrNumber),
  /** at least 0 */
  warmupSteps: required(nonNegative),
  warmupLearningRate: required(finite),
  name: nameField(),
}
/**
 * Options of `kerasLinearWarmup`.
 *
 * @interface
 */
export type LinearWarmupConfig = ScheduleOptions<typeof linear>

/**
 * Model Garden's LinearWarmup, in float32: a line from `warmupLearningRate` to the value of `afterWarmupLrSched` at
 * `warmupSteps`, then `afterWarmupLrSched`.
 *
 * @throws ValueError for values that are not finite, steps below 0, or another kind of schedule; TypeError for an
 * unknown option.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the class of the inner schedule;
 * here it is in it.
 * @example
 * import { kerasLinearWarmup } from 'tfjs-optax/legacy'
 * kerasLinearWarmup({ afterWarmupLrSched: 1, warmupSteps: 10, warmupLearningRate: 0 })(5) // 0.5
 */
export const kerasLinearWarmup = defineSchedule({
  className: 'LinearWarmup',
  module: gardenModule,
  fields: linear,
  value: ({ afterWarmupLrSched, warmupSteps, warmupLearningRate }) => {
    const [after, steps, start] = [following(afterWarmupLrSched), f32(warmupSteps), f32(warmupLearningRate)]
    const rise = sub(after(warmupSteps), start)
    return s => (s < steps ? add(start, mul(div(s, steps), rise)) : after(s))
  },
})

const polynomial = {
  afterWarmupLrSched: required(scheduleOrNumber),
  /** at least 0 */
  warmupSteps: required(nonNegative),
  /** default 1 */
  power: optional(finite, 1),
  /** default 'PolynomialWarmup' */
  name: nameField('PolynomialWarmup'),
}
/**
 * Options of `kerasPolynomialWarmUp`.
 *
 * @interface
 */
export type PolynomialWarmUpConfig = ScheduleOptions<typeof polynomial>

/**
 * Model Garden's PolynomialWarmUp, in float32: `F (max(step, 1) / warmupSteps)^power`, where `F` is the value of
 * `afterWarmupLrSched` at `warmupSteps`; then `afterWarmupLrSched`. Step 0 has the rate of step 1.
 *
 * @throws as `kerasLinearWarmup`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the class of the inner schedule;
 * here it is in it.
 * @example
 * import { kerasPolynomialWarmUp } from 'tfjs-optax/legacy'
 * kerasPolynomialWarmUp({ afterWarmupLrSched: 1, warmupSteps: 10, power: 2 })(5) // 0.25
 */
export const kerasPolynomialWarmUp = defineSchedule({
  className: 'PolynomialWarmUp',
  module: gardenModule,
  fields: polynomial,
  value: ({ afterWarmupLrSched, warmupSteps, power }) => {
    const [after, steps, exponent] = [following(afterWarmupLrSched), f32(warmupSteps), f32(power)]
    const peak = after(warmupSteps)
    return s => (s < steps ? mul(peak, pow(div(Math.max(s, 1), steps), exponent)) : after(s))
  },
})

const fields = {
  /** the rate that the warmup reaches */
  initialLearningRate: required(finite),
  decayScheduleFn: required(schedule),
  /** at least 0 */
  warmupSteps: required(nonNegative),
  /** default 1 */
  power: optional(finite, 1),
  name: nameField(),
}
/**
 * Options of `kerasWarmUp`.
 *
 * @interface
 */
export type WarmUpConfig = ScheduleOptions<typeof fields>

/**
 * The NLP models' WarmUp, in float32: `initialLearningRate (step / warmupSteps)^power`, then `decayScheduleFn`, which
 * is not shifted: if it has decayed by then, the rate drops at `warmupSteps`.
 *
 * @throws as `kerasLinearWarmup`.
 * @source TF Model Garden `nlp/optimization.py`; the copy in Hugging Face's transformers shifts the inner schedule.
 * @example
 * import { adamw } from 'tfjs-optax'
 * import { kerasPolynomialDecay, kerasWarmUp } from 'tfjs-optax/legacy'
 * const decayScheduleFn = kerasPolynomialDecay({ initialLearningRate: 0.5, decaySteps: 100, endLearningRate: 0 })
 * const rate = kerasWarmUp({ initialLearningRate: 0.5, decayScheduleFn, warmupSteps: 4 })
 * const tx = adamw(rate)
 * rate(2) // 0.25
 */
export const kerasWarmUp = defineSchedule({
  className: 'WarmUp',
  module: 'official.nlp.optimization',
  fields,
  value: ({ initialLearningRate, decayScheduleFn, warmupSteps, power }) => {
    const [initial, steps, exponent] = [f32(initialLearningRate), f32(warmupSteps), f32(power)]
    return s => (s < steps ? mul(initial, pow(div(s, steps), exponent)) : decayScheduleFn(s))
  },
})
