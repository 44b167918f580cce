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
    if (!Array.isArray(boundaries) || boundaries.length !== parts.length - 1)
      throw badArgument(who, 'boundaries', `a list of ${parts.length - 1}, one less than schedules`, boundaries)
    const ends = boundaries as readonly number[]
    ends.forEach((boundary, i) => {
      stepsArgument(who, { [`boundaries[${i}]`]: boundary })
      if (boundary <= (ends[i - 1] ?? -1)) throw badArgument(who, 'boundaries', 'ascending', ends.join(', '))
    })
    const made = { schedules: parts, boundaries: Object.freeze([...ends]) }
    return carrying(who, made, count => {
      const passed = made.boundaries.filter(boundary => count >= boundary).length
      return (parts[passed] ?? parts[0])(count - (made.boundaries[passed - 1] ?? 0))
    })
  },
)
