/** When training should stop: a pure function of the numbers that a loop watches. */
import { checked } from './call/checked.js'
import type { Names } from './call/signature.js'
import { wholeNumber } from './call/whole.js'
import { badArgument } from './errors.js'
import { seal } from './tree/freeze.js'

/** What counts as an improvement, and how long `stopEarly` waits for one. */
export interface StopOptions {
  /** values without an improvement after which to stop, a whole number from 0 on; 0 and 1 are the same; default 0 */
  readonly patience?: number
  /** what a value must differ by to be better, from 0 on; default 0 */
  readonly minDelta?: number
  /** whether less or more is better; default `min` */
  readonly mode?: 'min' | 'max'
  /** a value to be reached: improvements that stay on the wrong side of it do not renew the patience; default none */
  readonly baseline?: number
  /** how many values at the beginning are not looked at, a whole number from 0 on; default 0 */
  readonly startFromEpoch?: number
}

export const stopOptions: Names<StopOptions> = {
  patience: '',
  minDelta: '',
  mode: '',
  baseline: '',
  startFromEpoch: 'warmup',
}

/** What has been seen so far; plain data that can be saved. */
export interface Stopping {
  /** how many values there were */
  readonly seen: number
  /** the best of them; null before the first that is finite */
  readonly best: number | null
  /** which one that was, counted from 0 */
  readonly bestAt: number | null
  /** values since the last improvement */
  readonly wait: number
  /** whether the last value is the best one: the time to copy the parameters */
  readonly hasImproved: boolean
  readonly shouldStop: boolean
}

/** A pair of functions that decides when to stop: the first state, and the next one from a value. */
export interface StopRule {
  readonly init: () => Stopping
  readonly update: (value: number, state: Stopping) => Stopping
}

/** The options with their defaults; throws in the name of `who`. */
export const readStopOptions = (who: string, options: StopOptions): Required<StopOptions> => {
  const { patience = 0, minDelta = 0, mode = 'min', startFromEpoch = 0 } = options
  const { baseline = mode === 'min' ? Infinity : -Infinity } = options
  wholeNumber(who, 'patience', patience, 0)
  wholeNumber(who, 'startFromEpoch', startFromEpoch, 0)
  if (!(Number.isFinite(minDelta) && minDelta >= 0))
    throw badArgument(who, 'minDelta', 'a finite number from 0 on', minDelta)
  if (!['min', 'max'].includes(mode)) throw badArgument(who, 'mode', "'min' or 'max'", mode)
  if (typeof baseline !== 'number' || Number.isNaN(baseline)) throw badArgument(who, 'baseline', 'a number', baseline)
  return { patience, minDelta, mode, baseline, startFromEpoch }
}

/**
 * Early stopping in a loop of your own: `init()` gives the state, and `update(value, state)` the next one, which says
 * whether the value is the best so far and whether to stop. `earlyStopping` does the same in `model.fit`.
 *
 * A value is better if it differs from the best one by more than `minDelta`; NaN and an infinite loss never are. The
 * first value never stops.
 *
 * @throws TypeError for an option that is out of range.
 * @source Keras `EarlyStopping`, whose numbers these are; flax `training.early_stopping.EarlyStopping`, whose form it is.
 * @example
 * import { stopEarly } from 'tfjs-optax'
 * const rule = stopEarly({ patience: 2 })
 * let state = rule.init()
 * for (const loss of [3, 2, 2.5, 2.1, 1]) {
 *   state = rule.update(loss, state) // where state.hasImproved, copy the parameters
 *   if (state.shouldStop) break
 * }
 * // state.best is 2, state.bestAt is 1, state.seen is 4
 */
export const stopEarly = /* @__PURE__ */ checked(
  { who: 'stopEarly', takes: [], options: stopOptions },
  (options: StopOptions = {}): StopRule => stopRule('stopEarly', options),
)

/** `stopEarly` in the name of another function. */
export const stopRule = (who: string, options: StopOptions): StopRule => {
  const { patience, minDelta, mode, baseline, startFromEpoch } = readStopOptions(who, options)
  const worst = mode === 'min' ? Infinity : -Infinity
  const isBetter = (value: number, than: number): boolean =>
    mode === 'min' ? value + minDelta < than : value - minDelta > than
  return {
    init: () => seal({ seen: 0, best: null, bestAt: null, wait: 0, hasImproved: false, shouldStop: false }),
    update: (value, state) => {
      if (typeof value !== 'number') throw badArgument(who, 'value', 'a number', value)
      const seen = state.seen + 1
      if (seen <= startFromEpoch) return seal({ ...state, seen, hasImproved: false, shouldStop: false })
      const hasImproved = isBetter(value, state.best ?? worst)
      const wait = hasImproved && isBetter(value, baseline) ? 0 : state.wait + 1
      const shouldStop = !hasImproved && wait >= patience && seen > 1
      const { best, bestAt } = hasImproved ? { best: value, bestAt: state.seen } : state
      return seal({ seen, best, bestAt, wait, hasImproved, shouldStop })
    },
  }
}
