import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import type { Symbols } from '../rule/definition.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'
import { decayedStep } from './decayedStep.js'
import {
  modelCells,
  modelHyper,
  modelOptions,
  modelScalars,
  modelStep,
  type MomentumModelOptions,
} from './momentumModel.js'

/** Options of `momoAdam`. */
export interface MomoAdamOptions extends MomentumModelOptions {
  /** weight of the past in the means of losses and updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squared updates, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
}

const momoAdamOptions: Names<MomoAdamOptions> = {
  ...modelOptions,
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
}

/**
 * MoMo-Adam: AdamW, whose step size follows from the loss and a lower bound of it; at most `learningRate`.
 *
 * As `momo`, with means that start at zero and have the weight `b1`; `v` the mean of squared updates, `D = sqrt(v /
 * (1-b2^t)) + eps`, `n` the sum of `d^2 / D`, and `c = 1-b1^t`: `lb` is multiplied by `c` where it is compared, `tau` is
 * at most `learningRate / c`, and `u = -tau d / D - learningRate weightDecay / k p`.
 *
 * `value` is the loss of this step, which `minimize` and `fit` of `asOptimizer` pass; give it to `update` and `makeStep`
 * as `{ value }`, the last argument.
 *
 * State: `count`; `expAvg` and `expAvgSq`, float32 of the parameter's shape, 4 bytes per parameter each; the float32
 * scalars `barf`, `gamma` and `lb`, which is `lowerBound` unless it is adapted.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, an update without parameters, or a
 * step without `value`.
 * @source Schaipp et al. 2024, algorithm 2; optax `contrib.momo_adam`.
 * @example
 * import { asOptimizer, momoAdam } from 'tfjs-optax'
 * const optimizer = asOptimizer(momoAdam({ learningRate: 0.01, weightDecay: 1e-3 }))
 */
export const momoAdam = /* @__PURE__ */ checked(
  { who: 'momoAdam', takes: [], options: momoAdamOptions },
  ({ learningRate = 1e-2, b1 = 0.9, b2 = 0.999, eps = 1e-8, adaptLowerBound = false, ...rest }: MomoAdamOptions = {}) =>
    ourElementwise(
      {
        name: 'momoAdam',
        hyper: { ...modelHyper(learningRate, rest), b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps) },
        options: { adaptLowerBound },
        slots: { expAvg: 0, expAvgSq: 0 },
        cells: modelCells,
        extras: ['value'],
        scalars: (t, { b1, b2, eps, ...k }) => ({
          ...modelScalars(t, k),
          b1,
          b2,
          eps,
          correction: 1 - b1 ** t,
          c2: 1 / (1 - b2 ** t),
        }),
        totals: {
          up: { over: 'tree', of: ({ u, p }) => mul(u, p) },
          norm: {
            over: 'tree',
            of: (x, k) => {
              const { expAvg, direction } = adamDirection(x, k)
              return mul(expAvg, direction)
            },
          },
          along: { over: 'tree', of: ({ u, p, expAvg }, { b1 }) => mul(ema(b1, expAvg, u), p) },
        },
        step: (x, k) => {
          const { expAvg, expAvgSq, direction } = adamDirection(x, k)
          const now = { barf: ema(k.b1, x.barf, x.value), gamma: ema(k.b1, x.gamma, x.up) }
          const { along, norm, lb } = x
          const { tau, lb: next } = modelStep({ ...now, along, norm, lb, correction: k.correction }, k, adaptLowerBound)
          return { u: decayedStep(mul(tau, direction), x.p, k.decay), expAvg, expAvgSq, ...now, lb: next }
        },
      },
      { cellRunner },
    ),
)

/** The two next moments, and the first divided by the root of the second, which is corrected. */
const adamDirection = (
  { u, ...x }: Symbols<'u' | 'expAvg' | 'expAvgSq'>,
  { b1, b2, eps, c2 }: Symbols<'b1' | 'b2' | 'eps' | 'c2'>,
) => {
  const [expAvg, expAvgSq] = [ema(b1, x.expAvg, u), ema(b2, x.expAvgSq, square(u))]
  return { expAvg, expAvgSq, direction: div(expAvg, add(eps, sqrt(mul(expAvgSq, c2)))) }
}
