import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument, positiveSteps, stepsArgument } from './check.js'

/** Options of `polynomialSchedule` and `linearSchedule`. */
export interface TransitionOptions {
  /** the count at which the transition starts, default 0 */
  readonly transitionBegin?: number
}

const options: Names<TransitionOptions> = { transitionBegin: '' }

const polynomial = (
  who: 'linearSchedule' | 'polynomialSchedule',
  initValue: number,
  endValue: number,
  power: number,
  transitionSteps: number,
  { transitionBegin = 0 }: TransitionOptions,
): Schedule => {
  finiteArgument(who, { initValue, endValue, power })
  positiveSteps(who, { transitionSteps })
  stepsArgument(who, { transitionBegin })
  const made = { initValue, endValue, ...(who === 'polynomialSchedule' && { power }), transitionSteps, transitionBegin }
  return carrying(who, made, count => {
    const done = Math.min(Math.max(count - transitionBegin, 0), transitionSteps) / transitionSteps
    return (initValue - endValue) * (1 - done) ** power + endValue
  })
}

/**
 * From `initValue` to `endValue` in `transitionSteps` steps, along a power of the remaining fraction.
 *
 * `(initValue - endValue) (1 - min(max(count - begin, 0), N) / N)^power + endValue`
 *
 * @throws ValueError for values that are not finite, or steps that are not whole or below 1; TypeError for an unknown
 * option.
 * @source optax `polynomial_schedule`, in which zero steps mean a constant; Keras's PolynomialDecay.
 * @example
 * import { polynomialSchedule } from 'tfjs-optax'
 * polynomialSchedule(1, 0, 2, 10)(5) // 0.25
 */
export const polynomialSchedule = /* @__PURE__ */ checked(
  { who: 'polynomialSchedule', takes: ['initValue', 'endValue', 'power', 'transitionSteps'], options },
  (
    initValue: number,
    endValue: number,
    power: number,
    transitionSteps: number,
    options: TransitionOptions = {},
  ): Schedule => polynomial('polynomialSchedule', initValue, endValue, power, transitionSteps, options),
)

/**
 * From `initValue` to `endValue` in `transitionSteps` equal steps.
 *
 * @throws as `polynomialSchedule`.
 * @source optax `linear_schedule`.
 * @example
 * import { linearSchedule } from 'tfjs-optax'
 * linearSchedule(0, 1, 10)(5) // 0.5
 */
export const linearSchedule = /* @__PURE__ */ checked(
  { who: 'linearSchedule', takes: ['initValue', 'endValue', 'transitionSteps'], options },
  (initValue: number, endValue: number, transitionSteps: number, options: TransitionOptions = {}): Schedule =>
    polynomial('linearSchedule', initValue, endValue, 1, transitionSteps, options),
)
