import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { positiveSteps, scheduleArgument } from './check.js'

/** Options of `byEpoch`. */
export interface ByEpochOptions {
  /** whether the schedule sees fractions of epochs, and so changes at each step; default false */
  readonly fractional?: boolean
}

const options: Names<ByEpochOptions> = { fractional: 'continuous interpolate' }

/**
 * A schedule that counts epochs: it sees the number of finished epochs, and so changes at the end of each.
 *
 * `schedule(floor(count / stepsPerEpoch))`, without the floor if `fractional`. In `fit`, `stepsPerEpoch` is the number of
 * batches, `Math.ceil(samples / batchSize)`.
 *
 * @throws TypeError if `schedule` is not a function, or for an unknown option; ValueError if `stepsPerEpoch` is not whole
 * or below 1.
 * @source Keras's `LearningRateScheduler` and a torch scheduler that steps at the end of each epoch see whole epochs;
 * torch's `CosineAnnealingWarmRestarts` takes fractions too. optax has none.
 * @example
 * import { byEpoch, exponentialDecay } from 'tfjs-optax'
 * const rate = byEpoch(exponentialDecay(1, 1, 0.5), 100)
 * rate(99) // 1
 * rate(100) // 0.5
 */
export const byEpoch = /* @__PURE__ */ checked(
  { who: 'byEpoch', takes: ['schedule', 'stepsPerEpoch'], options },
  (schedule: Schedule, stepsPerEpoch: number, { fractional = false }: ByEpochOptions = {}): Schedule => {
    const who = 'byEpoch'
    scheduleArgument(who, schedule)
    positiveSteps(who, { stepsPerEpoch })
    if (typeof fractional !== 'boolean') throw badArgument(who, 'fractional', 'true or false', fractional)
    const made = { schedule, stepsPerEpoch, fractional }
    return carrying(who, made, count => {
      const epochs = count / stepsPerEpoch
      return schedule(fractional ? epochs : Math.floor(epochs))
    })
  },
)
