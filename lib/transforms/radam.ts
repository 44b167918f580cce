import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { div, lt, mul, select } from '../rule/expr.js'
import type { Hyper, HyperSpec } from '../rule/hyper.js'
import { adamHyper, adamOptions, moments, root, type AdamOptions } from './adamMoments.js'
import { meanDirection, meanFactors } from './nesterovMean.js'

/** Options of `scaleByRadam`. */
export interface RadamOptions extends AdamOptions {
  /** how many squares `nu` must be worth before it is used, at least 4 and finite, default 5 */
  readonly threshold?: Hyper
  /** whether the mean looks one step ahead, default false */
  readonly nesterov?: boolean
}

export const radamOptions: Names<RadamOptions> = { ...adamOptions, threshold: '', nesterov: '' }

/** The range of `threshold`: below 4 the variance has no estimate. */
export const from4 = (value: Hyper): HyperSpec => ({
  value,
  expected: 'at least 4 and finite',
  holds: v => v >= 4 && v < Infinity,
})

/** The factor by which the direction is rectified at step `t`; 0 while `nu` is worth less than `threshold` squares. */
const rectification = (t: number, b2: number, threshold: number): number => {
  const end = 2 / (1 - b2) - 1
  const now = end - (2 * t * b2 ** t) / (1 - b2 ** t)
  return now < threshold ? 0 : Math.sqrt((((now - 4) * (now - 2)) / ((end - 4) * (end - 2))) * (end / now))
}

/**
 * Adam that takes the plain mean of updates until the mean of squares can be trusted, and rectifies its variance then.
 *
 * `mu, nu` as in `scaleByAdam`, `m = mu/(1-b1^t)`, or with `nesterov` that of `scaleByNadam`; `n = 2/(1-b2) - 1`,
 * `rho = n - 2 t b2^t/(1-b2^t)`. If `rho < threshold`: `u = m`; else `u = r m / (sqrt(nu/(1-b2^t) + epsRoot) + eps)` with
 * `r = sqrt((rho-4)(rho-2) n / ((n-4)(n-2) rho))`. The defaults rectify from step 6 on.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Liu et al. 2020, algorithm 2; optax `scale_by_radam`, which takes a `threshold` below 4 and may then give NaN.
 * torch adds `eps` before the correction.
 * @example
 * import { chain, scaleByLearningRate, scaleByRadam } from 'tfjs-optax'
 * const tx = chain(scaleByRadam(), scaleByLearningRate(1e-3))
 */
export const scaleByRadam = /* @__PURE__ */ checked(
  { who: 'scaleByRadam', takes: [], options: radamOptions },
  ({ threshold = 5, nesterov = false, ...options }: RadamOptions = {}) =>
    ourElementwise({
      name: 'scaleByRadam',
      hyper: { ...adamHyper(options), threshold: from4(threshold) },
      options: { nesterov },
      slots: { mu: 0, nu: 0 },
      scalars: (t, { threshold, ...k }) => ({
        ...k,
        ...meanFactors(t, k.b1, nesterov),
        c2: 1 / (1 - k.b2 ** t),
        r: rectification(t, k.b2, threshold),
      }),
      step: (x, k) => {
        const { mu, nu } = moments(x, k)
        const mean = meanDirection(mu, x.u, k, nesterov)
        return { u: select(lt(0, k.r), div(mul(k.r, mean), root(mul(nu, k.c2), k)), mean), mu, nu }
      },
    }),
)
