import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument, positiveArgument, positiveSteps, stepsArgument } from './check.js'

/** Options of `exponentialDecay` and `warmupExponentialDecaySchedule`. */
export interface ExponentialOptions {
  /** the count at which the decay starts, default 0 */
  readonly transitionBegin?: number
  /** whether to decay in jumps, once every `transitionSteps`, default false */
  readonly staircase?: boolean
  /** the limit: a floor if `decayRate` is below 1, a ceiling otherwise; default none */
  readonly endValue?: number
}

/** Names of the options of all exponential decays. */
export const exponentialNames: Names<ExponentialOptions> = {
  transitionBegin: '',
  staircase: '',
  endValue: 'etamin minlr',
}

interface Given {
  readonly transitionBegin: number
  readonly staircase: boolean
  readonly endValue: number | undefined
}

/** The decay of a factory of this name. */
export const exponential = (
  who: string,
  initValue: number,
  transitionSteps: number,
  decayRate: number,
  { transitionBegin, staircase, endValue }: Given,
): Schedule => {
  finiteArgument(who, { endValue: endValue ?? 0 })
  positiveSteps(who, { transitionSteps })
  positiveArgument(who, { decayRate })
  stepsArgument(who, { transitionBegin })
  if (typeof staircase !== 'boolean') throw badArgument(who, 'staircase', 'true or false', staircase)
  const limit = decayRate < 1 ? Math.max : Math.min
  return count => {
    const periods = Math.max(count - transitionBegin, 0) / transitionSteps
    const value = initValue * decayRate ** (staircase ? Math.floor(periods) : periods)
    return endValue === undefined ? value : limit(value, endValue)
  }
}

/**
 * `initValue decayRate^((count - begin) / transitionSteps)`.
 *
 * @throws ValueError for values that are not finite, a rate that is not positive, or steps that are not whole or below
 * 1; TypeError for an unknown option.
 * @source optax `exponential_decay`, in which zero steps or a zero rate mean a constant; Keras's ExponentialDecay.
 * @example
 * import { exponentialDecay } from 'tfjs-optax'
 * exponentialDecay(1, 10, 0.5)(20) // 0.25
 */
export const exponentialDecay = /* @__PURE__ */ checked(
  { who: 'exponentialDecay', takes: ['initValue', 'transitionSteps', 'decayRate'], options: exponentialNames },
  (
    initValue: number,
    transitionSteps: number,
    decayRate: number,
    { transitionBegin = 0, staircase = false, endValue }: ExponentialOptions = {},
  ): Schedule => {
    const who = 'exponentialDecay'
    finiteArgument(who, { initValue })
    const options = { transitionBegin, staircase, endValue }
    const decay = exponential(who, initValue, transitionSteps, decayRate, options)
    return carrying(who, { initValue, transitionSteps, decayRate, ...options }, decay)
  },
)
