/** Schedules that warm up and then follow another one, which counts from 0 all the same. */
import { defineSchedule, gardenModule } from './define.js'
import { finite, nameField, nonNegative, optional, required, schedule, scheduleOrNumber } from './fields.js'
import { add, div, f32, mul, pow, sub } from './float32.js'
import type { KerasSchedule } from './keras.js'

const following = (after: KerasSchedule | number) => (typeof after === 'number' ? () => f32(after) : after)

export interface LinearWarmupConfig {
  readonly afterWarmupLrSched: KerasSchedule | number
  /** at least 0 */
  readonly warmupSteps: number
  readonly warmupLearningRate: number
  readonly name?: string | null
}

/**
 * Model Garden's LinearWarmup, in float32: a line from `warmupLearningRate` to what `afterWarmupLrSched` is at
 * `warmupSteps`, then `afterWarmupLrSched`.
 *
 * @throws ValueError for values that are not finite, steps below 0, or another kind of schedule; TypeError for an
 * unknown option.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the class of the inner schedule;
 * here it is in it.
 */
export const kerasLinearWarmup = defineSchedule<LinearWarmupConfig>({
  className: 'LinearWarmup',
  module: gardenModule,
  fields: {
    afterWarmupLrSched: required(scheduleOrNumber),
    warmupSteps: required(nonNegative),
    warmupLearningRate: required(finite),
    name: nameField(),
  },
  value: ({ afterWarmupLrSched, warmupSteps, warmupLearningRate }) => {
    const [after, steps, start] = [following(afterWarmupLrSched), f32(warmupSteps), f32(warmupLearningRate)]
    const rise = sub(after(warmupSteps), start)
    return s => (s < steps ? add(start, mul(div(s, steps), rise)) : after(s))
  },
})

export interface PolynomialWarmUpConfig {
  readonly afterWarmupLrSched: KerasSchedule | number
  /** at least 0 */
  readonly warmupSteps: number
  /** default 1 */
  readonly power?: number
  /** default 'PolynomialWarmup' */
  readonly name?: string | null
}

/**
 * Model Garden's PolynomialWarmUp, in float32: `F (max(step, 1) / warmupSteps)^power`, where `F` is what
 * `afterWarmupLrSched` is at `warmupSteps`; then `afterWarmupLrSched`. Step 0 has the rate of step 1.
 *
 * @throws as `kerasLinearWarmup`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the class of the inner schedule;
 * here it is in it.
 */
export const kerasPolynomialWarmUp = defineSchedule<PolynomialWarmUpConfig>({
  className: 'PolynomialWarmUp',
  module: gardenModule,
  fields: {
    afterWarmupLrSched: required(scheduleOrNumber),
    warmupSteps: required(nonNegative),
    power: optional(finite, 1),
    name: nameField('PolynomialWarmup'),
  },
  value: ({ afterWarmupLrSched, warmupSteps, power }) => {
    const [after, steps, exponent] = [following(afterWarmupLrSched), f32(warmupSteps), f32(power)]
    const peak = after(warmupSteps)
    return s => (s < steps ? mul(peak, pow(div(Math.max(s, 1), steps), exponent)) : after(s))
  },
})

export interface WarmUpConfig {
  /** the rate that the warmup goes to */
  readonly initialLearningRate: number
  readonly decayScheduleFn: KerasSchedule
  /** at least 0 */
  readonly warmupSteps: number
  /** default 1 */
  readonly power?: number
  readonly name?: string | null
}

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
export const kerasWarmUp = defineSchedule<WarmUpConfig>({
  className: 'WarmUp',
  module: 'official.nlp.optimization',
  fields: {
    initialLearningRate: required(finite),
    decayScheduleFn: required(schedule),
    warmupSteps: required(nonNegative),
    power: optional(finite, 1),
    name: nameField(),
  },
  value: ({ initialLearningRate, decayScheduleFn, warmupSteps, power }) => {
    const [initial, steps, exponent] = [f32(initialLearningRate), f32(warmupSteps), f32(power)]
    return s => (s < steps ? mul(initial, pow(div(s, steps), exponent)) : decayScheduleFn(s))
  },
})
