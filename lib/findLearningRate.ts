/** Finds a learning rate by trying all of them, from small to large, in one short training. */
import type * as tf from '@tensorflow/tfjs-core'
import { checkedAsync } from './call/checked.js'
import type { Names } from './call/signature.js'
import { wholeNumber } from './call/whole.js'
import { badArgument, nameOf } from './errors.js'
import { lossNotANumber } from './errors/callbacks.js'
import { isTensor, showShape } from './tree/tensors.js'

/** The range of rates that `findLearningRate` tries, and when it stops. */
export interface FindRateOptions {
  /** the first rate, above 0; default 1e-6 */
  readonly from?: number
  /** the last rate, above `from`; default 1 */
  readonly to?: number
  /** how many rates are tried, a whole number from 5 on; default 100 */
  readonly steps?: number
  /** the share of the old value in the running mean of the losses, in [0, 1); default 0.9 */
  readonly smoothing?: number
  /** ends the trial when the mean is this many times its least value; default 4 */
  readonly stopAt?: number
}

const options: Names<FindRateOptions> = {
  from: 'minLr startLr minLearningRate',
  to: 'maxLr endLr maxLearningRate',
  steps: 'numIt numTraining',
  smoothing: 'beta',
  stopAt: 'earlyStopThreshold stopDiv',
}

/** One rate that was tried. */
export interface TriedRate {
  readonly rate: number
  /** the running mean of the losses, corrected for its start at 0 */
  readonly loss: number
}

/** What `findLearningRate` found, and every rate that it tried. */
export interface FoundRate {
  /** the rate at which the mean falls fastest; null if it never falls */
  readonly learningRate: number | null
  readonly tried: readonly TriedRate[]
}

/**
 * Tries learning rates that grow from step to step, and returns the one at which the loss falls fastest: a rate to start
 * from.
 *
 * `step(rate)` takes one training step with this rate and returns the loss, a number or a scalar tensor (which is then
 * disposed): `makeStep(adamw(rate))` in a loop, or `optimizer.learningRate = rate` and `model.trainOnBatch`. It should
 * take another batch each time. The trial moves what it trains, so train a copy, or put parameters and the state of the
 * optimizer back.
 *
 * `rate = from (to/from)^(i/(steps-1))`; the trial ends early when the loss is not finite or `stopAt` times its least.
 *
 * @throws (as a rejection) TypeError if `step` is no function, returns no loss, or an option is out of range; whatever
 * `step` throws.
 * @source Smith, Cyclical learning rates (2017); fastai `lr_find` and Lightning `Tuner.lr_find`, whose suggestion this is.
 * @example
 * import { findLearningRate } from 'tfjs-optax'
 * let w = 1
 * const { learningRate } = await findLearningRate(rate => {
 *   const loss = w * w
 *   w -= rate * 2 * w
 *   return loss
 * }, { from: 1e-4, to: 10 })
 * const isUseful = learningRate !== null && learningRate > 0.01 && learningRate < 1
 * // isUseful is true
 */
export const findLearningRate = /* @__PURE__ */ checkedAsync(
  { who: 'findLearningRate', takes: ['step'], options },
  async (
    step: (rate: number) => number | tf.Tensor | Promise<number | tf.Tensor>,
    options: FindRateOptions = {},
  ): Promise<FoundRate> => {
    const who = 'findLearningRate'
    const { from, to, steps, smoothing, stopAt } = readOptions(who, options)
    if (typeof step !== 'function') throw badArgument(who, 'step', 'a function of the rate', step)
    const tried: TriedRate[] = []
    let [mean, lowest] = [0, Infinity]
    for (let i = 0; i < steps; i++) {
      const rate = from * (to / from) ** (i / (steps - 1))
      const loss = await numberOf(who, await step(rate))
      mean = smoothing * mean + (1 - smoothing) * loss
      const corrected = mean / (1 - smoothing ** (i + 1))
      if (!Number.isFinite(corrected)) break
      tried.push({ rate, loss: corrected })
      lowest = Math.min(lowest, corrected)
      if (corrected > stopAt * lowest && lowest > 0) break
    }
    return { learningRate: steepest(tried), tried }
  },
)

const readOptions = (who: string, options: FindRateOptions): Required<FindRateOptions> => {
  const { from = 1e-6, to = 1, steps = 100, smoothing = 0.9, stopAt = 4 } = options
  const isAbove = (x: number, low: number): boolean => Number.isFinite(x) && x > low
  if (!isAbove(from, 0)) throw badArgument(who, 'from', 'a finite number above 0', from)
  if (!isAbove(to, from)) throw badArgument(who, 'to', `a finite number above from, which is ${from}`, to)
  wholeNumber(who, 'steps', steps, 5)
  if (!(smoothing >= 0 && smoothing < 1)) throw badArgument(who, 'smoothing', 'a number in [0, 1)', smoothing)
  if (!isAbove(stopAt, 1)) throw badArgument(who, 'stopAt', 'a finite number above 1', stopAt)
  return { from, to, steps, smoothing, stopAt }
}

const numberOf = async (who: string, loss: unknown): Promise<number> => {
  if (typeof loss === 'number') return loss
  if (!isTensor(loss) || loss.rank !== 0)
    throw lossNotANumber(who, isTensor(loss) ? `shape ${showShape(loss.shape)}` : nameOf(loss))
  const [value = NaN] = await loss.data()
  loss.dispose()
  return value
}

/** Falls below this part of the first loss are rounding. */
const least = 1e-6

/** The rate in the middle of the two between which the loss falls most; rates grow by one factor, so steps are alike. */
const steepest = (tried: readonly TriedRate[]): number | null => {
  const falls = tried.slice(2).map((after, i) => (tried[i]?.loss ?? NaN) - after.loss)
  const most = Math.max(0, ...falls)
  const isFall = most > least * Math.abs(tried[0]?.loss ?? 0)
  return isFall ? (tried[falls.indexOf(most) + 1]?.rate ?? null) : null
}
