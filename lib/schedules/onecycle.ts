import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { hyperOutOfRange } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument, fractionArgument, positiveArgument, positiveSteps } from './check.js'
import { eases, interpolate } from './interpolate.js'

/** Options of `cosineOnecycleSchedule`. */
export interface CosineOnecycleOptions {
  /** the fraction of the steps in which the value rises, from 0 to 1, default 0.3 */
  readonly pctStart?: number
  /** the first value is `peakValue / divFactor`; above 0, default 25 */
  readonly divFactor?: number
  /** the last value is the first one divided by this; above 0, default 1e4 */
  readonly finalDivFactor?: number
}

/** Options of `linearOnecycleSchedule`. */
export interface LinearOnecycleOptions extends CosineOnecycleOptions {
  /** the fraction of the steps after which the first value is reached again, from `pctStart` to 1, default 0.85 */
  readonly pctFinal?: number
}

const options: Names<CosineOnecycleOptions> = {
  pctStart: 'warmupfraction warmupratio',
  divFactor: 'initialdivfactor initdivfactor',
  finalDivFactor: 'mindivfactor enddivfactor',
}

/** The first value, the peak and the last one. */
const valuesOf = (who: string, transitionSteps: number, peakValue: number, given: Required<CosineOnecycleOptions>) => {
  const { pctStart, divFactor, finalDivFactor } = given
  positiveSteps(who, { transitionSteps })
  finiteArgument(who, { peakValue })
  fractionArgument(who, { pctStart })
  positiveArgument(who, { divFactor, finalDivFactor })
  const first = peakValue / divFactor
  return { first, peak: peakValue, last: first / finalDivFactor, rising: Math.trunc(pctStart * transitionSteps) }
}

/**
 * One cycle along lines: from `peakValue / divFactor` up to `peakValue`, down again by `pctFinal` of the steps, then to
 * the first value divided by `finalDivFactor`, and constant from there.
 *
 * The phases end at `pctStart transitionSteps` and `pctFinal transitionSteps`, without what is behind the point. A phase
 * of no steps is passed over.
 *
 * @throws ValueError for steps that are not whole or below 1, a peak that is not finite, fractions outside [0, 1],
 * `pctFinal` below `pctStart`, or a factor that is not positive; TypeError for an unknown option.
 * @source Smith and Topin 2018 (super-convergence); optax `linear_onecycle_schedule`, which forgets the peak where two
 * phases end at the same count. torch's `OneCycleLR(three_phase=True)` comes down at `2 pctStart`, and everything in it
 * is one step earlier.
 * @example
 * import { linearOnecycleSchedule } from 'tfjs-optax'
 * const rate = linearOnecycleSchedule(100, 0.5)
 * rate(0) // 0.02
 * rate(30) // 0.5
 */
export const linearOnecycleSchedule = /* @__PURE__ */ checked(
  {
    who: 'linearOnecycleSchedule',
    takes: ['transitionSteps', 'peakValue'],
    options: { ...options, pctFinal: '' } satisfies Names<LinearOnecycleOptions>,
  },
  (
    transitionSteps: number,
    peakValue: number,
    { pctStart = 0.3, pctFinal = 0.85, divFactor = 25, finalDivFactor = 1e4 }: LinearOnecycleOptions = {},
  ): Schedule => {
    const who = 'linearOnecycleSchedule'
    const given = { pctStart, divFactor, finalDivFactor }
    const { first, peak, last, rising } = valuesOf(who, transitionSteps, peakValue, given)
    fractionArgument(who, { pctFinal })
    if (pctFinal < pctStart) throw hyperOutOfRange(who, 'pctFinal', `at least pctStart (${pctStart})`, pctFinal)
    const points = [
      { from: 0, value: first },
      { from: rising, value: peak },
      { from: Math.trunc(pctFinal * transitionSteps), value: first },
      { from: transitionSteps, value: last },
    ]
    const made = { transitionSteps, peakValue, ...given, pctFinal }
    return carrying(who, made, count => interpolate(points, eases.linear, count))
  },
)

/**
 * One cycle along half cosines: from `peakValue / divFactor` up to `peakValue`, then down to the first value divided by
 * `finalDivFactor`, and constant from there.
 *
 * The rise ends at `pctStart transitionSteps`, without what is behind the point.
 *
 * @throws ValueError for steps that are not whole or below 1, a peak that is not finite, a fraction outside [0, 1], or a
 * factor that is not positive; TypeError for an unknown option.
 * @source Smith and Topin 2018 (super-convergence); optax `cosine_onecycle_schedule`. In torch's `OneCycleLR` everything
 * is one step earlier.
 * @example
 * import { cosineOnecycleSchedule } from 'tfjs-optax'
 * const rate = cosineOnecycleSchedule(100, 0.5, { pctStart: 0.2 })
 * rate(10) // 0.26
 * rate(20) // 0.5
 */
export const cosineOnecycleSchedule = /* @__PURE__ */ checked(
  { who: 'cosineOnecycleSchedule', takes: ['transitionSteps', 'peakValue'], options },
  (
    transitionSteps: number,
    peakValue: number,
    { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 }: CosineOnecycleOptions = {},
  ): Schedule => {
    const who = 'cosineOnecycleSchedule'
    const given = { pctStart, divFactor, finalDivFactor }
    const { first, peak, last, rising } = valuesOf(who, transitionSteps, peakValue, given)
    const points = [
      { from: 0, value: first },
      { from: rising, value: peak },
      { from: transitionSteps, value: last },
    ]
    return carrying(who, { transitionSteps, peakValue, ...given }, count => interpolate(points, eases.cosine, count))
  },
)
