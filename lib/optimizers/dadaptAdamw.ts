import { checked } from '../call/checked.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { ema, max, square } from '../rule/compose.js'
import type { Symbols } from '../rule/definition.js'
import { abs, div, mul, type Expr } from '../rule/expr.js'
import { decayedStep } from './decayedStep.js'
import {
  correctedRate,
  estimatedHyper,
  estimatedOptions,
  greaterEstimate,
  rootPlus,
  type EstimatedOptions,
} from './estimated.js'

/**
 * AdamW by D-adaptation: it estimates its learning rate from the distance to the start.
 *
 * `d` is `estimLr`, `r = learningRate sqrt(1-b2^t) / (1-b1^t)`, `c` the root of `b2`. `n = c n + (1-c) (d sum of r u s /
 * (sqrt(v) + eps))` with `s` and `v` from before the step;  `m = b1 m + (1-b1) d r u;  v = b2 v + (1-b2) u^2;  s = c s +
 * (1-c) d r u;  d' = max(d, n / ((1-c) sum of |s|));  u = -m / (sqrt(v) + eps) - weightDecay d r p`. The sums are over
 * all leaves. The sign and the rate are in it, so no link follows. The learning rate may be by path.
 *
 * While all gradients are zero the estimate stays as it is, and nothing moves.
 *
 * State: `count`; `expAvg`, `expAvgSq` and `gradSum`, float32 of the parameter's shape, 4 bytes per parameter each; the
 * float32 scalars `estimLr` and `numeratorWeighted`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Defazio and Mishchenko 2023, algorithm 5; optax `contrib.dadapt_adamw`, whose `betas` are `b1` and `b2` here,
 * and whose estimate is NaN for ever after a first gradient of zeros.
 * @example
 * import { dadaptAdamw } from 'tfjs-optax'
 * const tx = dadaptAdamw({ weightDecay: 0.01 })
 */
export const dadaptAdamw = /* @__PURE__ */ checked(
  { who: 'dadaptAdamw', takes: [], options: estimatedOptions },
  (options: EstimatedOptions = {}) =>
    ourElementwise(
      {
        name: 'dadaptAdamw',
        hyper: estimatedHyper(options),
        slots: { expAvg: 0, expAvgSq: 0, gradSum: 0 },
        cells: { estimLr: { over: 'tree', first: 0 }, numeratorWeighted: { over: 'tree', first: 0 } },
        scalars: (t, { learningRate, ...k }) => {
          const b3 = Math.sqrt(k.b2)
          return { ...k, b3, share: 1 - b3, rate: correctedRate(t, { learningRate, ...k }) }
        },
        totals: {
          gained: {
            over: 'tree',
            of: ({ u, gradSum, expAvgSq }, { rate, eps }) => mul(mul(rate, u), div(gradSum, rootPlus(expAvgSq, eps))),
          },
          size: { over: 'tree', of: (x, k) => abs(sumOf(x, k)) },
        },
        step: (x, k) => {
          const d = max(x.estimLr, k.estimLr0)
          const rate = mul(k.rate, d)
          const numeratorWeighted = ema(k.b3, x.numeratorWeighted, mul(d, x.gained))
          const expAvg = ema(k.b1, x.expAvg, mul(rate, x.u))
          const expAvgSq = ema(k.b2, x.expAvgSq, square(x.u))
          return {
            u: decayedStep(div(expAvg, rootPlus(expAvgSq, k.eps)), x.p, k.weightDecay, mul(k.weightDecay, rate)),
            expAvg,
            expAvgSq,
            gradSum: sumOf(x, k),
            estimLr: greaterEstimate(d, numeratorWeighted, mul(k.share, x.size)),
            numeratorWeighted,
          }
        },
      },
      { cellRunner },
    ),
)

/** The next `gradSum`. */
const sumOf = (x: Symbols<'u' | 'gradSum' | 'estimLr'>, k: Symbols<'b3' | 'rate' | 'estimLr0'>): Expr =>
  ema(k.b3, x.gradSum, mul(mul(k.rate, max(x.estimLr, k.estimLr0)), x.u))
