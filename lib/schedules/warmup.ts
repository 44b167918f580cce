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
 * @throws ValueError for values that are not finite, or steps that are not whole or below 1.
 * @source optax `warmup_constant_schedule`.
 * @example
 * import { warmupConstantSchedule } from 'tfjs-optax'
 * warmupConstantSchedule(0, 1, 10)(50) // 1
 */
export const warmupConstantSchedule = /* @__PURE__ */ checked(
  { who: 'warmupConstantSchedule', takes: ['initValue', 'peakValue', 'warmupSteps'] },
  (initValue: number, peakValue: number, warmupSteps: number): Schedule => {
    const who = 'warmupConstantSchedule'
    finiteArgument(who, { initValue, peakValue })
    positiveSteps(who, { warmupSteps })
    const rise = linearSchedule(initValue, peakValue, warmupSteps)
    return carrying(who, { initValue, peakValue, warmupSteps }, rise)
  },
)

/** Options of `warmupCosineDecaySchedule`. */
export interface WarmupCosineOptions {
  /** the value at the end, default 0 */
  readonly endValue?: number
  /** power of the cosine, default 1 */
  readonly exponent?: number
}

const options: Names<WarmupCosineOptions> = { endValue: 'alpha etamin minlr', exponent: 'power' }

/** The arguments of `warmupCosineDecaySchedule` by name. */
export interface WarmupCosine extends WarmupCosineOptions {
  readonly initValue: number
  readonly peakValue: number
  readonly warmupSteps: number
  readonly decaySteps: number
}

/** The schedule of a factory of this name, whose arguments have names behind `at`. */
export const warmupCosine = (who: string, at: string, given: WarmupCosine): Schedule => {
  const { initValue, peakValue, warmupSteps, decaySteps, endValue = 0, exponent = 1 } = given
  const named = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${at}${name}`, value]))
  finiteArgument(who, named({ initValue, peakValue, endValue, exponent }))
  stepsArgument(who, named({ warmupSteps }))
  positiveSteps(who, named({ decaySteps }))
  if (warmupSteps >= decaySteps)
    throw hyperOutOfRange(who, `${at}decaySteps`, `above warmupSteps (${warmupSteps})`, decaySteps)
  if (peakValue === 0 && endValue !== 0) throw hyperOutOfRange(who, `${at}endValue`, '0 where peakValue is 0', endValue)
  const alpha = peakValue === 0 ? 0 : endValue / peakValue
  const decay = cosineDecaySchedule(peakValue, decaySteps - warmupSteps, { alpha, exponent })
  if (warmupSteps === 0) return decay
  return joinSchedules([linearSchedule(initValue, peakValue, warmupSteps), decay], [warmupSteps])
}

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
    const made = { initValue, peakValue, warmupSteps, decaySteps, endValue, exponent }
    return carrying(who, made, warmupCosine(who, '', made))
  },
)
