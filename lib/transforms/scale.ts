import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { ourElementwise } from '../elementwise.js'
import { neg } from '../rule/compose.js'
import { mul } from '../rule/expr.js'
import { finite, type Hyper, type Schedule } from '../rule/hyper.js'

/**
 * Multiplies by a number.
 *
 * `u = stepSize u`. State: `count`.
 *
 * @throws ValueError if `stepSize` is not finite.
 * @source optax `scale`.
 * @example
 * import { scale } from 'tfjs-optax'
 * const descent = scale(-0.1)
 */
export const scale = /* @__PURE__ */ checked({ who: 'scale', takes: ['stepSize'] }, (stepSize: Hyper) =>
  ourElementwise({
    name: 'scale',
    hyper: { stepSize: finite(stepSize) },
    step: ({ u }, { stepSize }) => ({ u: mul(u, stepSize) }),
  }),
)

/**
 * Multiplies by the value of a schedule, without a change of sign; the first step sees count 0.
 *
 * `u = stepSizeFn(count) u`. State: `count`.
 *
 * @throws TypeError if `stepSizeFn` is not a function; ValueError at a step for which the schedule is not finite.
 * @source optax `scale_by_schedule`.
 * @example
 * import { cosineDecaySchedule, scaleBySchedule } from 'tfjs-optax'
 * const tx = scaleBySchedule(cosineDecaySchedule(-0.1, 1000))
 */
export const scaleBySchedule = /* @__PURE__ */ checked(
  { who: 'scaleBySchedule', takes: ['stepSizeFn'] },
  (stepSizeFn: Schedule) => {
    if (typeof stepSizeFn !== 'function')
      throw badArgument('scaleBySchedule', 'stepSizeFn', 'a schedule (count) => number', stepSizeFn)
    return ourElementwise({
      name: 'scaleBySchedule',
      hyper: { stepSizeFn: finite(stepSizeFn) },
      step: ({ u }, { stepSizeFn }) => ({ u: mul(u, stepSizeFn) }),
    })
  },
)

/** Options of `scaleByLearningRate`. */
export interface LearningRateOptions {
  /** whether to descend: multiply by `-learningRate`, default true */
  readonly flipSign?: boolean
}

const options: Names<LearningRateOptions> = { flipSign: 'maximize' }

/**
 * Multiplies by `-learningRate`: the link that turns a direction into a descent.
 *
 * `u = -learningRate u`. State: `count`.
 *
 * @throws ValueError if `learningRate` is not finite; TypeError if it is missing, or for an unknown option.
 * @source optax `scale_by_learning_rate`.
 * @example
 * import { scaleByLearningRate, warmupCosineDecaySchedule } from 'tfjs-optax'
 * const tx = scaleByLearningRate(warmupCosineDecaySchedule(0, 1e-3, 100, 1000))
 */
export const scaleByLearningRate = /* @__PURE__ */ checked(
  { who: 'scaleByLearningRate', takes: ['learningRate'], options },
  (learningRate: Hyper, { flipSign = true }: LearningRateOptions = {}) => {
    return ourElementwise({
      name: 'scaleByLearningRate',
      hyper: { learningRate: finite(learningRate) },
      options: { flipSign },
      step: ({ u }, { learningRate }) => ({ u: mul(u, flipSign ? neg(learningRate) : learningRate) }),
    })
  },
)
