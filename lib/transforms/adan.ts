import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import { add, div, lt, mul, select, sub } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { root } from './adamMoments.js'

/** Options of `scaleByAdan`. */
export interface AdanOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.98 */
  readonly b1?: Hyper
  /** weight of the past in the mean of differences, in [0, 1), default 0.92 */
  readonly b2?: Hyper
  /** weight of the past in the mean of squares, in [0, 1), default 0.99 */
  readonly b3?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** added under the root, at least 0; default 0 in `scaleByAdan`, 1e-8 in `adan` */
  readonly epsRoot?: Hyper
}

export const adanOptions: Names<AdanOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  b3: 'beta3 betas',
  eps: 'epsilon',
  epsRoot: 'epsilonroot',
}

/**
 * Adam with Nesterov's momentum told by differences of updates.
 *
 * `d = u - g`, 0 at the first step;  `m = b1 m + (1-b1) u;  v = b2 v + (1-b2) d;  n = b3 n + (1-b3) (u + (1-b2) d)^2`;
 * `g = u;  u = (m/(1-b1^t) + (1-b2) v/(1-b2^t)) / (sqrt(n/(1-b3^t) + epsRoot) + eps)`
 *
 * State: `count`; `m`, `v`, `n` and `g`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Xie et al. 2022, algorithm 1, whose betas are 1 minus these, so that its factor of the differences is `b2`;
 * optax's `scale_by_adan` has `1-b2` there, and so has this.
 * @example
 * import { chain, scaleByAdan, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdan(), scaleByLearningRate(1e-3))
 */
export const scaleByAdan = /* @__PURE__ */ checked(
  { who: 'scaleByAdan', takes: [], options: adanOptions },
  ({ b1 = 0.98, b2 = 0.92, b3 = 0.99, eps = 1e-8, epsRoot = 0 }: AdanOptions = {}) =>
    ourElementwise({
      name: 'scaleByAdan',
      hyper: {
        b1: decayRate(b1),
        b2: decayRate(b2),
        b3: decayRate(b3),
        eps: positive(eps),
        epsRoot: nonNegative(epsRoot),
      },
      slots: { m: 0, v: 0, n: 0, g: 0 },
      scalars: (t, k) => ({
        ...k,
        before: t - 1,
        c1: 1 / (1 - k.b1 ** t),
        c2: (1 - k.b2) / (1 - k.b2 ** t),
        c3: 1 / (1 - k.b3 ** t),
      }),
      step: ({ u, m, v, n, g }, k) => {
        const change = select(lt(0, k.before), sub(u, g), 0)
        const mean = ema(k.b1, m, u)
        const changes = ema(k.b2, v, change)
        const squares = ema(k.b3, n, square(add(u, mul(sub(1, k.b2), change))))
        const direction = add(mul(mean, k.c1), mul(changes, k.c2))
        return { u: div(direction, root(mul(squares, k.c3), k)), m: mean, v: changes, n: squares, g: u }
      },
    }),
)
