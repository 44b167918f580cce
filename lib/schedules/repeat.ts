import { checked } from '../call/checked.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { positiveSteps, scheduleArgument } from './check.js'

/**
 * The first `period` steps of a schedule over and over: `schedule(count mod period)`.
 *
 * @throws TypeError if `schedule` is not a function; ValueError if the period is not whole or below 1.
 * @source Smith 2017 (cyclical learning rates); torch's `CyclicLR` and `CosineAnnealingWarmRestarts` for periods of one
 * length. optax has none.
 * @example
 * import { piecewiseInterpolateSchedule, repeatSchedule } from 'tfjs-optax'
 * const triangle = piecewiseInterpolateSchedule('linear', 0.1, { 20: 10, 40: 0.1 })
 * const rate = repeatSchedule(triangle, 40)
 * rate(60) // 1
 */
export const repeatSchedule = /* @__PURE__ */ checked(
  { who: 'repeatSchedule', takes: ['schedule', 'period'] },
  (schedule: Schedule, period: number): Schedule => {
    const who = 'repeatSchedule'
    scheduleArgument(who, schedule)
    positiveSteps(who, { period })
    return carrying(who, { schedule, period }, count => schedule(count % period))
  },
)
