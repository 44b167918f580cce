import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import { badArgument } from '../errors.js'
import type { Hyper } from '../rule/hyper.js'
import { warmupConstantSchedule } from '../schedules/warmup.js'
import type { GradientTransformation, Link } from '../transform.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByRms } from '../transforms/rms.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scheduleFreeAverage, scheduleFreeOptions, type ScheduleFreeOptions } from '../transforms/scheduleFree.js'

/**
 * Makes an optimizer schedule-free: an average of its steps takes the place of a falling rate. `base`, then
 * `scheduleFreeAverage`; it should have no momentum of its own, and the same rate.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or if `base` is no transformation.
 * @source Defazio et al. 2024; optax `contrib.schedule_free`.
 * @example
 * import { scheduleFree, sgd } from 'tfjs-optax'
 * const tx = scheduleFree(sgd(0.1), 0.1)
 */
export const scheduleFree = /* @__PURE__ */ checked(
  { who: 'scheduleFree', takes: ['base', 'learningRate'], options: scheduleFreeOptions },
  (base: Link, learningRate: Hyper, options: ScheduleFreeOptions = {}): GradientTransformation =>
    chain(base, scheduleFreeAverage(learningRate, options)),
)

/** Options of `scheduleFreeSgd`. */
export interface ScheduleFreeSgdOptions extends ScheduleFreeOptions {
  /** steps over which the rate rises from 0, a whole number from 1 on; without it there is no warmup */
  readonly warmupSteps?: number
  /** decay, multiplied by the parameter and the learning rate; default 0 */
  readonly weightDecay?: Hyper
}

const sgdOptions: Names<ScheduleFreeSgdOptions> = { ...scheduleFreeOptions, warmupSteps: 'warmup', weightDecay: 'wd' }

const warmed = (who: string, learningRate: Hyper, warmupSteps?: number): Hyper => {
  if (warmupSteps === undefined) return learningRate
  if (typeof learningRate !== 'number')
    throw badArgument(who, 'learningRate', 'a number where warmupSteps makes a schedule of it', learningRate)
  return warmupConstantSchedule(0, learningRate, warmupSteps)
}

/**
 * Schedule-free SGD: `addDecayedWeights`, `scaleByLearningRate`, `scheduleFreeAverage`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Defazio et al. 2024, algorithm 1; optax `contrib.schedule_free_sgd`, whose rate is 1 by default.
 * @example
 * import { scheduleFreeSgd } from 'tfjs-optax'
 * const tx = scheduleFreeSgd(0.1, { warmupSteps: 100 })
 */
export const scheduleFreeSgd = /* @__PURE__ */ checked(
  { who: 'scheduleFreeSgd', takes: ['learningRate'], options: sgdOptions },
  (learningRate: Hyper, { warmupSteps, weightDecay = 0, ...rest }: ScheduleFreeSgdOptions = {}) => {
    const rate = warmed('scheduleFreeSgd', learningRate, warmupSteps)
    return chain(addDecayedWeights(weightDecay), scaleByLearningRate(rate), scheduleFreeAverage(rate, rest))
  },
)

/** Options of `scheduleFreeAdamw`. */
export interface ScheduleFreeAdamwOptions extends ScheduleFreeSgdOptions {
  /** weight of the past in the mean of squares, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
}

const adamwOptions: Names<ScheduleFreeAdamwOptions> = { ...sgdOptions, b2: 'beta2 betas', eps: 'epsilon' }

/**
 * Schedule-free AdamW: `scaleByRms` (Adam without its mean of updates), `addDecayedWeights`, `scaleByLearningRate`,
 * `scheduleFreeAverage`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Defazio et al. 2024, algorithm 2; optax `contrib.schedule_free_adamw`, whose rate is 0.0025 by default.
 * `warmup_steps=0` of optax never moves a parameter: here a warmup has a step at least, and none is its absence.
 * @example
 * import { scheduleFreeAdamw } from 'tfjs-optax'
 * const tx = scheduleFreeAdamw(2.5e-3, { warmupSteps: 100, weightDecay: 0.01 })
 */
export const scheduleFreeAdamw = /* @__PURE__ */ checked(
  { who: 'scheduleFreeAdamw', takes: ['learningRate'], options: adamwOptions },
  (
    learningRate: Hyper,
    { warmupSteps, weightDecay = 0, b2 = 0.999, eps = 1e-8, ...rest }: ScheduleFreeAdamwOptions = {},
  ) => {
    const rate = warmed('scheduleFreeAdamw', learningRate, warmupSteps)
    return chain(
      scaleByRms({ decay: b2, eps, epsInSqrt: false, biasCorrection: true }),
      addDecayedWeights(weightDecay),
      scaleByLearningRate(rate),
      scheduleFreeAverage(rate, rest),
    )
  },
)
