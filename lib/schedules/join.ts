import { checked } from '../call/checked.js'
import { badArgument } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { schedulesArgument, stepsArgument } from './check.js'

/**
 * One schedule after another: at each boundary the next one takes over, and counts from there.
 *
 * @throws TypeError unless there is one boundary less than schedules, in ascending order; ValueError if one is not a
 * whole number.
 * @source optax `join_schedules`.
 * @example
 * import { constantSchedule, joinSchedules, linearSchedule } from 'tfjs-optax'
 * const rate = joinSchedules([linearSchedule(0, 1, 10), constantSchedule(1)], [10])
 * rate(5) // 0.5
 */
export const joinSchedules = /* @__PURE__ */ checked(
  { who: 'joinSchedules', takes: ['schedules', 'boundaries'] },
  (schedules: readonly Schedule[], boundaries: readonly number[]): Schedule => {
    const who = 'joinSchedules'
    const parts = schedulesArgument(who, schedules)
    if (boundaries.length !== schedules.length - 1)
      throw badArgument(who, 'boundaries', `a list of ${schedules.length - 1}, one less than schedules`, boundaries)
    boundaries.forEach((boundary, i) => {
      stepsArgument(who, { [`boundaries[${i}]`]: boundary })
      if (boundary <= (boundaries[i - 1] ?? -1))
        throw badArgument(who, 'boundaries', 'ascending', boundaries.join(', '))
    })
    const made = { schedules: parts, boundaries: Object.freeze([...boundaries]) }
    return carrying(who, made, count => {
      const passed = made.boundaries.filter(boundary => count >= boundary).length
      return (parts[passed] ?? parts[0])(count - (made.boundaries[passed - 1] ?? 0))
    })
  },
)
