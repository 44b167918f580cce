/** The Model Garden's variants of Keras's schedules that start later. */
import { defineSchedule, gardenModule, type ScheduleFactory } from './define.js'
import { kerasCosineDecay } from './cosine.js'
import { kerasExponentialDecay } from './exponential.js'
import { finite, optional, type Arguments, type ScheduleFields, type ScheduleOptions } from './fields.js'
import { f32, sub } from './float32.js'
import { kerasPiecewiseConstantDecay } from './piecewise.js'
import { kerasPolynomialDecay } from './polynomial.js'

const offset = {
  /** the count at which the schedule starts, default 0 */
  offset: optional(finite, 0),
}
/**
 * The option that Keras's schedules with an offset have beside their own.
 *
 * @interface
 */
export type Offset = ScheduleOptions<typeof offset>

const withOffset = <F extends ScheduleFields>({ definition }: ScheduleFactory<F>): ScheduleFactory<F & typeof offset> =>
  defineSchedule<F & typeof offset>({
    ...definition,
    className: `${definition.className}WithOffset`,
    module: gardenModule,
    fields: { ...definition.fields, ...offset },
    value: config => {
      const [base, start] = [definition.value(config), f32((config as Arguments<typeof offset>).offset)]
      return s => base(sub(s, start))
    },
  })

/**
 * `kerasPiecewiseConstantDecay` of `step - offset`.
 *
 * @throws as `kerasPiecewiseConstantDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 * @example
 * import { kerasPiecewiseConstantDecayWithOffset } from 'tfjs-optax/legacy'
 * kerasPiecewiseConstantDecayWithOffset({ boundaries: [10], values: [1, 0.5], offset: 5 })(16) // 0.5
 */
export const kerasPiecewiseConstantDecayWithOffset = withOffset(kerasPiecewiseConstantDecay)

/**
 * `kerasPolynomialDecay` of `step - offset`. Before the offset it is above the initial rate, as upstream.
 *
 * @throws as `kerasPolynomialDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 * @example
 * import { kerasPolynomialDecayWithOffset } from 'tfjs-optax/legacy'
 * kerasPolynomialDecayWithOffset({ initialLearningRate: 1, decaySteps: 10, endLearningRate: 0, offset: 5 })(10) // 0.5
 */
export const kerasPolynomialDecayWithOffset = withOffset(kerasPolynomialDecay)

/**
 * `kerasExponentialDecay` of `step - offset`. Before the offset it is above the initial rate, as upstream.
 *
 * @throws as `kerasExponentialDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 * @example
 * import { kerasExponentialDecayWithOffset } from 'tfjs-optax/legacy'
 * kerasExponentialDecayWithOffset({ initialLearningRate: 1, decaySteps: 10, decayRate: 0.5, offset: 5 })(15) // 0.5
 */
export const kerasExponentialDecayWithOffset = withOffset(kerasExponentialDecay)

/**
 * `kerasCosineDecay` of `step - offset`. Before the offset it rises along the mirrored cosine, as upstream.
 *
 * @throws as `kerasCosineDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 * @example
 * import { kerasCosineDecayWithOffset } from 'tfjs-optax/legacy'
 * kerasCosineDecayWithOffset({ initialLearningRate: 1, decaySteps: 100, offset: 10 })(60) // 0.5
 */
export const kerasCosineDecayWithOffset = withOffset(kerasCosineDecay)
