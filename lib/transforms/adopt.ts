import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { clamp, ema, max, neg, square } from '../rule/compose.js'
import { div, lt, select, sqrt, type Expr } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper, type HyperSpec } from '../rule/hyper.js'

/** Options of `scaleByAdopt` and `adopt`. */
export interface AdoptOptions {
  /** weight of the past in the mean of scaled updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squares, in [0, 1), default 0.9999 */
  readonly b2?: Hyper
  /** the least denominator, above 0, default 1e-6 */
  readonly eps?: Hyper
  /** whether the mean looks one step ahead, default false */
  readonly nesterov?: boolean
  /** whether scaled updates are clamped, default true */
  readonly useClipping?: boolean
  /** to what they are clamped, at least 0; default the fourth root of the count of steps before this one */
  readonly clipValueFn?: Hyper
}

export const adoptOptions: Names<AdoptOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
  nesterov: '',
  useClipping: '',
  clipValueFn: 'clipvalue',
}

/**
 * Adam that divides each update by the squares of before, and then takes the mean: converges with any `b2`.
 *
 * `x = u / max(sqrt(nu), eps)`, clamped to `[-c, c]` with `c = (t-1)^(1/4)`;  `mu = b1 mu + (1-b1) x;
 * nu = b2 nu + (1-b2) u^2;  u = mu`, or with `nesterov` `u = b1 mu + (1-b1) x`. The first step sets `nu = u^2` and moves
 * nothing.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Taniguchi et al. 2024, algorithm 2 with clipping; optax `contrib.scale_by_adopt`.
 * @example
 * import { chain, scaleByAdopt, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdopt(), scaleByLearningRate(1e-3))
 */
export const scaleByAdopt = /* @__PURE__ */ checked(
  { who: 'scaleByAdopt', takes: [], options: adoptOptions },
  ({ b1 = 0.9, b2 = 0.9999, eps = 1e-6, nesterov = false, useClipping = true, clipValueFn }: AdoptOptions = {}) =>
    ourElementwise({
      name: 'scaleByAdopt',
      hyper: {
        b1: decayRate(b1),
        b2: decayRate(b2),
        eps: positive(eps),
        ...(clipValueFn !== undefined && { clipValueFn: nonNegative(clipValueFn) }),
      } as Readonly<Record<'b1' | 'b2' | 'eps' | 'clipValueFn', HyperSpec>>,
      options: { nesterov, useClipping },
      slots: { mu: 0, nu: 0 },
      scalars: (t, { b1, b2, eps, clipValueFn }) => ({
        b1,
        b2: t === 1 ? 0 : b2,
        eps,
        before: t - 1,
        // Two roots, since a power may differ by a bit between engines.
        most: (clipValueFn as number | undefined) ?? Math.sqrt(Math.sqrt(t - 1)),
      }),
      step: ({ u, mu, nu }, { b1, b2, eps, before, most }) => {
        const scaled = div(u, max(sqrt(nu), eps))
        const x = useClipping ? clamp(scaled, neg(most), most) : scaled
        const averaged = (mean: Expr): Expr => select(lt(0, before), ema(b1, mean, x), mean)
        const mean = averaged(mu)
        return { u: nesterov ? averaged(mean) : mean, mu: mean, nu: ema(b2, nu, square(u)) }
      },
    }),
)
