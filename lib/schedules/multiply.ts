import { checked } from '../call/checked.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { schedulesArgument } from './check.js'

/**
 * The product of schedules, all at the same count: a rate times factors, or a schedule whose peak is a schedule.
 *
 * @throws TypeError unless the schedules are a non-empty list of functions.
 * @source torch's `ChainedScheduler`, whose schedulers each multiply the rate. optax has none.
 * @example
 * import { cosineDecaySchedule, exponentialDecay, multiplySchedules, repeatSchedule } from 'tfjs-optax'
 * // warm restarts every 100 steps, each from 0.8 of the peak before
 * const rate = multiplySchedules([
 *   repeatSchedule(cosineDecaySchedule(1, 100), 100),
 *   exponentialDecay(0.1, 100, 0.8, { staircase: true }),
 * ])
 * rate(100) // 0.08
 */
export const multiplySchedules = /* @__PURE__ */ checked(
  { who: 'multiplySchedules', takes: ['schedules'] },
  (schedules: readonly Schedule[]): Schedule => {
    const who = 'multiplySchedules'
    const factors = schedulesArgument(who, schedules)
    return carrying(who, { schedules: factors }, count =>
      factors.reduce((product, factor) => product * factor(count), 1),
    )
  },
)
