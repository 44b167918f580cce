import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument, ValueError } from '../errors.js'
import { max } from '../rule/compose.js'
import { add, lt, mul, select, sub, type Expr } from '../rule/expr.js'
import { nonNegative, type Hyper, type HyperSpec } from '../rule/hyper.js'

/** Options of `reduceOnPlateau`. */
export interface ReduceOnPlateauOptions {
  /** what the scale is multiplied by, between 0 and 1, default 0.1 */
  readonly factor?: Hyper
  /** after how many windows without improvement, a whole number from 1 on, default 10 */
  readonly patience?: Hyper
  /** by how much of the best value a mean must fall below it to improve, from 0 to 1, default 1e-4 */
  readonly rtol?: Hyper
  /** by how much it must fall below it besides, at least 0, default 0 */
  readonly atol?: Hyper
  /** for how many windows after a reduction nothing is counted, a whole number from 0 on, default 0 */
  readonly cooldown?: Hyper
  /** how many values a window has, of which the mean counts: a whole number from 1 on, default 1 */
  readonly accumulationSize?: number
  /** the least scale, at least 0, default 0 */
  readonly minScale?: Hyper
}

const options: Names<ReduceOnPlateauOptions> = {
  factor: '',
  patience: '',
  rtol: 'threshold mindelta',
  atol: '',
  cooldown: '',
  accumulationSize: 'stepsperepoch windowsize',
  minScale: 'minlr',
}

/** The ranges of the options. */
export const belowOne = (value: Hyper): HyperSpec => ({ value, expected: 'in (0, 1)', holds: v => v > 0 && v < 1 })
export const share = (value: Hyper): HyperSpec => ({ value, expected: 'in [0, 1]', holds: v => v >= 0 && v <= 1 })
const whole =
  (least: number) =>
  (value: Hyper): HyperSpec => ({
    value,
    expected: `a whole number from ${least} on`,
    holds: v => Number.isInteger(v) && v >= least,
  })
export const [wholeFrom0, wholeFrom1] = [whole(0), whole(1)]

/**
 * Scales updates by a number that falls when the loss has stopped to improve.
 *
 * `u = scale u`. The mean of each `accumulationSize` values of the loss is compared with the best one so far: it
 * improves if it is below `(1 - rtol) best - atol`. After `patience` windows without improvement `scale = max(factor
 * scale, minScale)`, and the next `cooldown` windows are not counted. All of it stays on the device: no step waits for
 * a loss.
 *
 * `value` is the loss, which `minimize` and `fit` of `asOptimizer` pass for each batch. So with `accumulationSize` of
 * the batches in an epoch, `patience` and `cooldown` are in epochs, as in Keras and torch. Put it behind the optimizer.
 * `learningRate` of `asOptimizer` stays the rate that was given; `hyperparamsOf` does not see the scale, which is a
 * tensor of the state.
 *
 * State: `count`, whose remainder by `accumulationSize` tells where the window is; float32 scalars: `scale`, which
 * starts at 1, `bestValue`, which starts at infinity, `plateauCount`, `cooldownCount`, and `avgValue`, the mean of the
 * window so far.
 *
 * @throws ValueError for an option out of its range, or if `rtol` and `atol` are both 0; TypeError for an unknown one,
 * or a step without `value`.
 * @source optax `contrib.reduce_on_plateau`, which reduces at an improvement if `patience` is 0. Keras's callback
 * `ReduceLROnPlateau` compares `monitor < best - min_delta` (`rtol: 0, atol: minDelta`) and has the same patience; it
 * may watch a validation loss, which an optimizer does not see. torch's `ReduceLROnPlateau` with `patience: n` reduces
 * at the bad epoch n + 1: give `patience: n + 1`; its `threshold` is `rtol`, with `threshold_mode="abs"` `atol`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, asOptimizer, chain, reduceOnPlateau } from 'tfjs-optax'
 * const [examples, batchSize] = [64, 16]
 * const accumulationSize = Math.ceil(examples / batchSize) // a window is an epoch
 * const optimizer = asOptimizer(chain(adamw(0.01), reduceOnPlateau({ factor: 0.5, patience: 2, accumulationSize })))
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * await model.fit(tf.ones([examples, 3]), tf.ones([examples, 1]), { batchSize, epochs: 3, verbose: 0 })
 */
export const reduceOnPlateau = /* @__PURE__ */ checked(
  { who: 'reduceOnPlateau', takes: [], options },
  ({
    factor = 0.1,
    patience = 10,
    rtol = 1e-4,
    atol = 0,
    cooldown = 0,
    accumulationSize = 1,
    minScale = 0,
  }: ReduceOnPlateauOptions = {}) => {
    const who = 'reduceOnPlateau'
    const { holds, expected } = wholeFrom1(0)
    if (typeof accumulationSize !== 'number' || !holds(accumulationSize))
      throw badArgument(who, 'accumulationSize', expected, accumulationSize)
    if (rtol === 0 && atol === 0) throw new ValueError(`${who}: rtol or atol must be above 0, got 0 for both`)
    return ourElementwise(
      {
        name: who,
        hyper: {
          factor: belowOne(factor),
          patience: wholeFrom1(patience),
          rtol: share(rtol),
          atol: nonNegative(atol),
          cooldown: wholeFrom0(cooldown),
          minScale: nonNegative(minScale),
        },
        options: { accumulationSize },
        cells: {
          scale: { over: 'tree', first: 1 },
          bestValue: { over: 'tree', first: Infinity },
          plateauCount: { over: 'tree', first: 0 },
          cooldownCount: { over: 'tree', first: 0 },
          avgValue: { over: 'tree', first: 0 },
        },
        extras: ['value'],
        scalars: (t, { rtol, ...k }) => {
          const before = (t - 1) % accumulationSize
          return { ...k, below: 1 - rtol, before, weight: 1 / (before + 1), left: accumulationSize - 1 - before }
        },
        step: ({ u, value, scale, bestValue, plateauCount, cooldownCount, avgValue }, k) => {
          const mean = select(lt(0, k.before), add(avgValue, mul(k.weight, sub(value, avgValue))), value)
          const improves = lt(mean, sub(mul(k.below, bestValue), k.atol))
          const bad = select(improves, 0, add(plateauCount, 1))
          const isCooling = lt(0, cooldownCount)
          const isLasting = lt(bad, k.patience)
          /** the next value of a cell at the end of a window: while it cools down, while it lasts, and else */
          const atEnd = (before: Expr, cooling: Expr | number, lasting: Expr | number, reduced: Expr | number) =>
            select(lt(0, k.left), before, select(isCooling, cooling, select(isLasting, lasting, reduced)))
          const now = atEnd(scale, scale, scale, max(mul(scale, k.factor), k.minScale))
          return {
            u: mul(now, u),
            scale: now,
            bestValue: select(lt(0, k.left), bestValue, select(improves, mean, bestValue)),
            plateauCount: atEnd(plateauCount, 0, bad, 0),
            cooldownCount: atEnd(cooldownCount, sub(cooldownCount, 1), 0, k.cooldown),
            avgValue: mean,
          }
        },
      },
      { cellRunner },
    )
  },
)
