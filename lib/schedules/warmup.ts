import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { hyperOutOfRange } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument, positiveSteps, stepsArgument } from './check.js'
import { cosineDecaySchedule } from './cosine.js'
import { joinSchedules } from './join.js'
import { linearSchedule } from './polynomial.js'

/**
 * A line from `initValue` to `peakValue` in `warmupSteps` steps, then `peakValue`.
 *
 * @throws as `linearSchedule`.
 * @source optax `warmup_constant_schedule`.
 * @example
 * import { warmupConstantSchedule } from 'tfjs-optax'
 * warmupConstantSchedule(0, 1, 10)(50) // 1
 */
export const warmupConstantSchedule = /* @__PURE__ */ checked(
  { who: 'warmupConstantSchedule', takes: ['initValue', 'peakValue', 'warmupSteps'] },
  (initValue: number, peakValue: number, warmupSteps: number): Schedule =>
    carrying(
      'warmupConstantSchedule',
      { initValue, peakValue, warmupSteps },
      linearSchedule(initValue, peakValue, warmupSteps),
    ),
)

export interface WarmupCosineOptions {
  /** the value at the end, default 0 */
  readonly endValue?: number
  /** power of the cosine, default 1 */
  readonly exponent?: number
}

const options: Names<WarmupCosineOptions> = { endValue: 'alpha etamin', exponent: 'power' }

/**
 * A line from `initValue` to `peakValue` in `warmupSteps` steps, then half a cosine to `endValue` at `decaySteps`,
 * which includes the warmup.
 *
 * @throws ValueError unless `warmupSteps < decaySteps`, for values that are not finite, and for a peak of 0 with an end
 * other than 0 (optax would ignore the end); TypeError for an unknown option.
 * @source optax `warmup_cosine_decay_schedule`.
 * @example
 * import { warmupCosineDecaySchedule } from 'tfjs-optax'
 * const rate = warmupCosineDecaySchedule(0, 1e-3, 100, 1000, { endValue: 1e-5 })
 * rate(100) // 1e-3
 */
export const warmupCosineDecaySchedule = /* @__PURE__ */ checked(
  { who: 'warmupCosineDecaySchedule', takes: ['initValue', 'peakValue', 'warmupSteps', 'decaySteps'], options },
  (
    initValue: number,
    peakValue: number,
    warmupSteps: number,
    decaySteps: number,
    { endValue = 0, exponent = 1 }: WarmupCosineOptions = {},
  ): Schedule => {
    const who = 'warmupCosineDecaySchedule'
    finiteArgument(who, { initValue, peakValue, endValue, exponent })
    stepsArgument(who, { warmupSteps })
    positiveSteps(who, { decaySteps })
    if (warmupSteps >= decaySteps)
      throw hyperOutOfRange(who, 'decaySteps', `above warmupSteps (${warmupSteps})`, decaySteps)
    if (peakValue === 0 && endValue !== 0) throw hyperOutOfRange(who, 'endValue', '0 where peakValue is 0', endValue)
    const alpha = peakValue === 0 ? 0 : endValue / peakValue
    const decay = cosineDecaySchedule(peakValue, decaySteps - warmupSteps, { alpha, exponent })
    const made = { initValue, peakValue, warmupSteps, decaySteps, endValue, exponent }
    const rise = () => linearSchedule(initValue, peakValue, warmupSteps)
    return carrying(who, made, warmupSteps === 0 ? decay : joinSchedules([rise(), decay], [warmupSteps]))
  },
)
