/** Model Garden's forms of Keras's schedules that start later. */
import { defineSchedule, gardenModule, type Definition, type ScheduleFactory } from './define.js'
import { kerasCosineDecay } from './cosine.js'
import { kerasExponentialDecay } from './exponential.js'
import { finite, optional } from './fields.js'
import { f32, sub } from './float32.js'
import { kerasPiecewiseConstantDecay } from './piecewise.js'
import { kerasPolynomialDecay } from './polynomial.js'

export interface Offset {
  /** count that the schedule takes for 0, default 0 */
  readonly offset?: number
}

const withOffset = <C extends object>({ definition }: ScheduleFactory<C>): ScheduleFactory<C & Offset> =>
  defineSchedule<C & Offset>({
    ...definition,
    className: `${definition.className}WithOffset`,
    module: gardenModule,
    fields: { ...definition.fields, offset: optional(finite, 0) } as unknown as Definition<C & Offset>['fields'],
    value: config => {
      const { offset } = config as Required<Offset>
      const [base, start] = [definition.value(config), f32(offset)]
      return s => base(sub(s, start))
    },
  })

/**
 * `kerasPiecewiseConstantDecay` of `step - offset`.
 *
 * @throws as `kerasPiecewiseConstantDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 */
export const kerasPiecewiseConstantDecayWithOffset = withOffset(kerasPiecewiseConstantDecay)

/**
 * `kerasPolynomialDecay` of `step - offset`. Before the offset it is above the initial rate, as upstream.
 *
 * @throws as `kerasPolynomialDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 */
export const kerasPolynomialDecayWithOffset = withOffset(kerasPolynomialDecay)

/**
 * `kerasExponentialDecay` of `step - offset`. Before the offset it is above the initial rate, as upstream.
 *
 * @throws as `kerasExponentialDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 */
export const kerasExponentialDecayWithOffset = withOffset(kerasExponentialDecay)

/**
 * `kerasCosineDecay` of `step - offset`. Before the offset it rises along the mirrored cosine, as upstream.
 *
 * @throws as `kerasCosineDecay`.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, whose config lacks the offset; here it is in it.
 */
export const kerasCosineDecayWithOffset = withOffset(kerasCosineDecay)
