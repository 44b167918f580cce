import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, max } from '../rule/compose.js'
import { abs, add, div, mul } from '../rule/expr.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByAdamax`, `adamax` and `kerasAdamax`. */
export interface AdamaxOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** the share of the greatest update that stays after a step, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the size of each update, above 0, default 1e-8, in `kerasAdamax` 1e-7 */
  readonly eps?: Hyper
}

export const adamaxOptions: Names<AdamaxOptions> = { b1: 'beta1 betas', b2: 'beta2 betas', eps: 'epsilon' }

/**
 * Divides the mean of updates by a decaying maximum of their sizes.
 *
 * `mu = b1 mu + (1-b1) u;  nu = max(|u| + eps, b2 nu);  u = mu/(1-b1^t) / nu`
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Kingma and Ba 2015, algorithm 2; `eps` is in the maximum, as in optax `scale_by_adamax` and torch. Keras adds
 * it to the denominator (`kerasAdamax`).
 * @example
 * import { chain, scaleByAdamax, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdamax(), scaleByLearningRate(2e-3))
 */
export const scaleByAdamax = /* @__PURE__ */ checked(
  { who: 'scaleByAdamax', takes: [], options: adamaxOptions },
  ({ b1 = 0.9, b2 = 0.999, eps = 1e-8 }: AdamaxOptions = {}) =>
    ourElementwise({
      name: 'scaleByAdamax',
      hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps) },
      slots: { mu: 0, nu: 0 },
      scalars: (t, k) => ({ ...k, c1: 1 / (1 - k.b1 ** t) }),
      step: ({ u, mu, nu }, { b1, b2, eps, c1 }) => {
        const mean = ema(b1, mu, u)
        const most = max(add(abs(u), eps), mul(b2, nu))
        return { u: div(mul(mean, c1), most), mu: mean, nu: most }
      },
    }),
)
