import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { ema, max, square } from '../rule/compose.js'
import type { Symbols } from '../rule/definition.js'
import { abs, add, div, mul, sub, type Expr } from '../rule/expr.js'
import { decayRate, positive, type Hyper, type HyperSpec } from '../rule/hyper.js'
import type { Mask } from '../tree/mask.js'
import { byMask } from '../wrappers/byMask.js'
import { decayedStep } from './decayedStep.js'
import {
  correctedRate,
  estimatedHyper,
  estimatedOptions,
  greaterEstimate,
  rootPlus,
  type EstimatedOptions,
} from './estimated.js'

/** Options of `prodigy`. */
export interface ProdigyOptions extends EstimatedOptions {
  /** weight of the past in the sums of the estimate, in [0, 1), default the root of `b2` */
  readonly b3?: Hyper
  /** a factor of the estimates, above 0, default 1 */
  readonly estimLrCoef?: Hyper
  /** whether the denominator of the estimate leaves the learning rate out, for a long warmup; default false */
  readonly safeguardWarmup?: boolean
  /** the leaves that decay, default all: the others have a `weightDecay` of 0 by path */
  readonly weightDecayMask?: Mask
}

const options: Names<ProdigyOptions> = {
  ...estimatedOptions,
  b3: 'beta3',
  estimLrCoef: 'dcoef',
  safeguardWarmup: '',
  weightDecayMask: 'mask',
}

/**
 * Prodigy: AdamW that estimates its learning rate from the distance to the start.
 *
 * `d` is `estimLr`, `r = learningRate sqrt(1-b2^t) / (1-b1^t)`. `m = b1 m + (1-b1) d u;  v = b2 v + (1-b2) (d u)^2;  s =
 * b3 s + d r d u / d0`, with `safeguardWarmup` without `r`;  `n = b3 n + d/d0 (sum of d r u (p0 - p));  d' = max(d,
 * estimLrCoef n / sum of |s|);  u = -d r m / (sqrt(v) + d' eps) - weightDecay d r p`. The sums are over all leaves. The
 * sign and the rate are in it, so no link follows. The learning rate may be by path.
 *
 * While all gradients are zero the estimate stays as it is, and nothing moves.
 *
 * State: `count`; `expAvg`, `expAvgSq`, `gradSum` and `params0`, the parameters of `init`, float32 of the parameter's
 * shape, 4 bytes per parameter each; the float32 scalars `estimLr` and `numeratorWeighted`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Mishchenko and Defazio 2023, algorithm 4; optax `contrib.prodigy`, whose `betas` and `beta3` are `b1`, `b2`
 * and `b3` here, and whose estimate is NaN for ever after a first gradient of zeros.
 * @example
 * import { linearSchedule, prodigy } from 'tfjs-optax'
 * const tx = prodigy({ learningRate: linearSchedule(1, 0, 1000), weightDecay: 0.01 })
 */
export const prodigy = /* @__PURE__ */ checked(
  { who: 'prodigy', takes: [], options },
  ({
    b3,
    estimLrCoef = 1,
    safeguardWarmup = false,
    weightDecay = 0,
    weightDecayMask = true,
    ...rest
  }: ProdigyOptions = {}) => {
    const own = b3 === undefined ? {} : { b3: decayRate(b3) }
    return ourElementwise(
      {
        name: 'prodigy',
        hyper: {
          ...estimatedHyper({ ...rest, weightDecay: byMask('prodigy', weightDecayMask, weightDecay) }),
          estimLrCoef: positive(estimLrCoef),
          ...(own as { readonly b3: HyperSpec }), // absent by default
        },
        options: { safeguardWarmup },
        slots: { expAvg: 0, expAvgSq: 0, gradSum: 0, params0: ({ p }) => p },
        cells: { estimLr: { over: 'tree', first: 0 }, numeratorWeighted: { over: 'tree', first: 0 } },
        scalars: (t, k) => {
          const { b1, b2, eps, estimLr0, estimLrCoef, weightDecay }: typeof k = k
          const given: Partial<typeof k> = k
          const b3 = given.b3 ?? Math.sqrt(b2)
          return { b1, b2, b3, eps, estimLr0, estimLrCoef, weightDecay, rate: correctedRate(t, k) }
        },
        totals: {
          moved: { over: 'tree', of: ({ u, p, params0 }, { rate }) => mul(mul(rate, u), sub(params0, p)) },
          size: { over: 'tree', of: (x, k) => abs(sumOf(x, k, safeguardWarmup)) },
        },
        step: (x, k) => {
          const { estimLr: d, ratio } = estimateOf(x, k)
          const numeratorWeighted = add(mul(k.b3, x.numeratorWeighted), mul(mul(ratio, d), x.moved))
          const estimLr = greaterEstimate(d, mul(k.estimLrCoef, numeratorWeighted), x.size)
          const expAvg = ema(k.b1, x.expAvg, mul(d, x.u))
          const expAvgSq = ema(k.b2, x.expAvgSq, square(mul(d, x.u)))
          const rate = mul(k.rate, d)
          const step = div(mul(rate, expAvg), rootPlus(expAvgSq, mul(estimLr, k.eps)))
          return {
            u: decayedStep(step, x.p, k.weightDecay, mul(k.weightDecay, rate)),
            expAvg,
            expAvgSq,
            gradSum: sumOf(x, k, safeguardWarmup),
            params0: x.params0,
            estimLr,
            numeratorWeighted,
          }
        },
      },
      { cellRunner },
    )
  },
)

/** The estimate before the step, and how much greater than the first one it is. */
const estimateOf = ({ estimLr }: Symbols<'estimLr'>, { estimLr0 }: Symbols<'estimLr0'>) => {
  const d = max(estimLr, estimLr0)
  return { estimLr: d, ratio: div(d, estimLr0) }
}

/** The next `gradSum`. */
const sumOf = (
  x: Symbols<'u' | 'gradSum' | 'estimLr'>,
  k: Symbols<'b3' | 'rate' | 'estimLr0'>,
  safeguardWarmup: boolean,
): Expr => {
  const { estimLr: d, ratio } = estimateOf(x, k)
  return add(mul(k.b3, x.gradSum), mul(mul(ratio, safeguardWarmup ? d : mul(k.rate, d)), x.u))
}
