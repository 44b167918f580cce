import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import { add, div, mul } from '../rule/expr.js'
import { decayRate, finite, nonNegative, type Hyper } from '../rule/hyper.js'
import { adamHyper, adamOptions, corrections, root, type AdamOptions } from './adamMoments.js'

/** Options of `scaleByAdemamix`. */
export interface AdemamixOptions extends AdamOptions {
  /** weight of the past in the slow mean of updates, in [0, 1), default 0.9999 */
  readonly b3?: Hyper
  /** weight of the slow mean, at least 0; default 6 in `scaleByAdemamix`, 5 in `ademamix` */
  readonly alpha?: Hyper
}

export const ademamixOptions: Names<AdemamixOptions> = { ...adamOptions, b3: 'beta3 betas', alpha: '' }

/**
 * Adam with a second, slow mean of updates beside the first: gradients of thousands of steps ago still count.
 *
 * `m1 = b1 m1 + (1-b1) u;  m2 = b3 m2 + (1-b3) u;  nu = b2 nu + (1-b2) u^2;
 * u = (m1/(1-b1^t) + alpha m2) / (sqrt(nu/(1-b2^t) + epsRoot) + eps)`
 *
 * The paper lets `alpha` and `b3` grow: both may be schedules.
 *
 * State: `count`; `m1`, `m2` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Pagliardini, Ablin and Grangier 2024, algorithm 1; optax `contrib.scale_by_ademamix`.
 * @example
 * import { chain, linearSchedule, scaleByAdemamix, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdemamix({ alpha: linearSchedule(0, 6, 10000) }), scaleByLearningRate(1e-3))
 */
export const scaleByAdemamix = /* @__PURE__ */ checked(
  { who: 'scaleByAdemamix', takes: [], options: ademamixOptions },
  ({ b3 = 0.9999, alpha = 6, ...options }: AdemamixOptions = {}) =>
    ourElementwise({
      name: 'scaleByAdemamix',
      hyper: { ...adamHyper(options), b3: decayRate(b3), alpha: nonNegative(alpha) },
      slots: { m1: 0, m2: 0, nu: 0 },
      scalars: (t, k) => ({ ...k, ...corrections(t, k) }),
      step: ({ u, m1, m2, nu }, k) => {
        const [fast, slow] = [ema(k.b1, m1, u), ema(k.b3, m2, u)]
        const squares = ema(k.b2, nu, square(u))
        const direction = add(mul(fast, k.c1), mul(k.alpha, slow))
        return { u: div(direction, root(mul(squares, k.c2), k)), m1: fast, m2: slow, nu: squares }
      },
    }),
)

/** Options of `scaleBySimplifiedAdemamix`. */
export interface SimplifiedAdemamixOptions extends AdamOptions {
  /** weight of the past in the sum of updates, in [0, 1), default 0.99 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squared updates, in [0, 1), default 0.95 */
  readonly b2?: Hyper
  /** weight of the update itself, finite, default 0 */
  readonly alpha?: Hyper
}

export const simplifiedAdemamixOptions: Names<SimplifiedAdemamixOptions> = { ...adamOptions, alpha: '' }

/**
 * AdEMAMix with one slot for the means: a decaying sum of updates, and the update itself.
 *
 * `m = b1 m + u;  n = b2 n + (1-b2) u^2;  u = (m + alpha u) / (sqrt(n/(1-b2^t) + epsRoot) + eps)`, with `b1` 0.99 and
 * `b2` 0.95 by default. The sum is up to `1/(1-b1)` times a mean, so rates are that much smaller.
 *
 * State: `count`; `m` and `n`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Morwani et al. 2025, algorithm 4; optax `contrib.scale_by_simplified_ademamix`.
 * @example
 * import { chain, scaleByLearningRate, scaleBySimplifiedAdemamix } from 'tfjs-optax'
 * const tx = chain(scaleBySimplifiedAdemamix({ alpha: 100 }), scaleByLearningRate(1e-5))
 */
export const scaleBySimplifiedAdemamix = /* @__PURE__ */ checked(
  { who: 'scaleBySimplifiedAdemamix', takes: [], options: simplifiedAdemamixOptions },
  ({ alpha = 0, b1 = 0.99, b2 = 0.95, ...options }: SimplifiedAdemamixOptions = {}) =>
    ourElementwise({
      name: 'scaleBySimplifiedAdemamix',
      hyper: { ...adamHyper({ b1, b2, ...options }), alpha: finite(alpha) },
      slots: { m: 0, n: 0 },
      scalars: (t, k) => ({ ...k, c2: 1 / (1 - k.b2 ** t) }),
      step: ({ u, m, n }, k) => {
        const sum = add(u, mul(k.b1, m))
        const squares = ema(k.b2, n, square(u))
        return { u: div(add(sum, mul(k.alpha, u)), root(mul(squares, k.c2), k)), m: sum, n: squares }
      },
    }),
)
