import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import type { Symbols } from '../rule/definition.js'
import { lt, mul, select, type Expr } from '../rule/expr.js'
import { decayRate, type Hyper } from '../rule/hyper.js'
import { decayedStep } from './decayedStep.js'
import {
  modelCells,
  modelHyper,
  modelOptions,
  modelScalars,
  modelStep,
  type MomentumModelOptions,
} from './momentumModel.js'

/** Options of `momo`. */
export interface MomoOptions extends MomentumModelOptions {
  /** weight of the past in all means, in [0, 1), default 0.9 */
  readonly beta?: Hyper
}

/**
 * MoMo: SGD with momentum, whose step size follows from the loss and a lower bound of it; at most `learningRate`.
 *
 * All means have the weight `beta`, and start with their first value: `barf` of the losses, `d` of the gradients,
 * `gamma` of `u p` summed over all leaves. `k = 1 + learningRate weightDecay`, `n = |d|^2`, `i` the sum of `d p`;  `tau =
 * min(max(k (barf - lb - gamma) + i, 0) / n, learningRate)`, 0 if `n` is at most 2.2e-16;  `u = -tau d - learningRate
 * weightDecay / k p`. With `adaptLowerBound`, `c = k (barf - gamma) + i`: if `c < k lb` this step has `lb = max(c / 2k,
 * lowerBound)`; then `lb = max(barf + i - gamma - tau n / 2, lowerBound)`. The sign and the rate are in it, so no link
 * follows.
 *
 * `value` is the loss of this step, which `minimize` and `fit` of `asOptimizer` pass; give it to `update` and `makeStep`
 * as `{ value }`, the last argument.
 *
 * State: `count`; `expAvg`, float32 of the parameter's shape, 4 bytes per parameter; the float32 scalars `barf`, `gamma`
 * and `lb`, which is `lowerBound` unless it is adapted.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, an update without parameters, or a
 * step without `value`.
 * @source Schaipp et al. 2024, algorithm 1; optax `contrib.momo`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { asOptimizer, momo } from 'tfjs-optax'
 * const x = tf.variable(tf.tensor1d([1, 2, 3]))
 * asOptimizer(momo()).minimize(() => tf.sum(tf.square(x)) as tf.Scalar)
 * // x is [0.5, 1, 1.5]
 */
export const momo = /* @__PURE__ */ checked(
  { who: 'momo', takes: [], options: { ...modelOptions, beta: 'b1 momentum' } satisfies Names<MomoOptions> },
  ({ learningRate = 1, beta = 0.9, adaptLowerBound = false, ...rest }: MomoOptions = {}) =>
    ourElementwise(
      {
        name: 'momo',
        hyper: { ...modelHyper(learningRate, rest), beta: decayRate(beta) },
        options: { adaptLowerBound },
        slots: { expAvg: 0 },
        cells: modelCells,
        extras: ['value'],
        scalars: (t, { beta, ...k }) => ({ ...modelScalars(t, k), beta }),
        totals: {
          up: { over: 'tree', of: ({ u, p }) => mul(u, p) },
          norm: { over: 'tree', of: ({ u, expAvg }, k) => square(meanFrom(expAvg, u, k)) },
          along: { over: 'tree', of: ({ u, p, expAvg }, k) => mul(meanFrom(expAvg, u, k), p) },
        },
        step: ({ u, p, expAvg, barf, gamma, lb, value, up, norm, along }, k) => {
          const mean = meanFrom(expAvg, u, k)
          const now = { barf: meanFrom(barf, value, k), gamma: meanFrom(gamma, up, k) }
          const { tau, lb: next } = modelStep({ ...now, along, norm, lb, correction: 1 }, k, adaptLowerBound)
          return { u: decayedStep(mul(tau, mean), p, k.decay), expAvg: mean, ...now, lb: next }
        },
      },
      { cellRunner },
    ),
)

/** The mean with weight `beta`, which starts with its first value. */
const meanFrom = (mean: Expr, x: Expr, { beta, before }: Symbols<'beta' | 'before'>): Expr =>
  select(lt(0, before), ema(beta, mean, x), x)
