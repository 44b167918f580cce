import { checked } from '../call/checked.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument } from './check.js'

/**
 * The same value at every count.
 *
 * @throws ValueError if it is not finite.
 * @source optax `constant_schedule`.
 * @example
 * import { constantSchedule } from 'tfjs-optax'
 * constantSchedule(0.1)(1000) // 0.1
 */
export const constantSchedule = /* @__PURE__ */ checked(
  { who: 'constantSchedule', takes: ['value'] },
  (value: number): Schedule => {
    finiteArgument('constantSchedule', { value })
    return carrying('constantSchedule', { value }, () => value)
  },
)
