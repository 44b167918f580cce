import { checked } from '../call/checked.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument, stepsArgument } from './check.js'
import { exponential, exponentialNames, type ExponentialOptions } from './exponential.js'
import { joinSchedules } from './join.js'
import { linearSchedule } from './polynomial.js'

/**
 * A line from `initValue` to `peakValue` in `warmupSteps` steps, then `exponentialDecay` from there, with all its options;
 * it counts from the end of the warmup.
 *
 * @throws ValueError for values that are not finite, a rate that is not positive, or steps that are not whole or below 1
 * (`warmupSteps` may be 0); TypeError for an unknown option.
 * @source optax `warmup_exponential_decay_schedule`, in which zero steps or a zero rate mean a constant.
 * @example
 * import { warmupExponentialDecaySchedule } from 'tfjs-optax'
 * const rate = warmupExponentialDecaySchedule(0, 1, 10, 100, 0.5)
 * rate(10) // 1
 * rate(110) // 0.5
 */
export const warmupExponentialDecaySchedule = /* @__PURE__ */ checked(
  {
    who: 'warmupExponentialDecaySchedule',
    takes: ['initValue', 'peakValue', 'warmupSteps', 'transitionSteps', 'decayRate'],
    options: exponentialNames,
  },
  (
    initValue: number,
    peakValue: number,
    warmupSteps: number,
    transitionSteps: number,
    decayRate: number,
    { transitionBegin = 0, staircase = false, endValue }: ExponentialOptions = {},
  ): Schedule => {
    const who = 'warmupExponentialDecaySchedule'
    finiteArgument(who, { initValue, peakValue })
    stepsArgument(who, { warmupSteps })
    const options = { transitionBegin, staircase, endValue }
    const decay = exponential(who, peakValue, transitionSteps, decayRate, options)
    const made = { initValue, peakValue, warmupSteps, transitionSteps, decayRate, ...options }
    const rise = () => linearSchedule(initValue, peakValue, warmupSteps)
    return carrying(who, made, warmupSteps === 0 ? decay : joinSchedules([rise(), decay], [warmupSteps]))
  },
)
