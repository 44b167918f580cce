import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { max } from '../rule/compose.js'
import { div, mul, type Expr } from '../rule/expr.js'
import { adamHyper, adamOptions, corrections, moments, root, type AdamOptions } from './adamMoments.js'

/** Options of `scaleByAmsgrad`. */
export interface AmsgradOptions extends AdamOptions {
  /** whether the mean of updates is corrected for its start at zero, default true */
  readonly biasCorrectionMu?: boolean
  /** whether the mean of squares is corrected before its maximum is taken, default true */
  readonly biasCorrectionNu?: boolean
}

export const amsgradOptions: Names<AmsgradOptions> = { ...adamOptions, biasCorrectionMu: '', biasCorrectionNu: '' }

/**
 * Adam whose denominator never shrinks: it keeps the greatest corrected mean of squares seen.
 *
 * `mu, nu` as in `scaleByAdam`;  `nuMax = max(nuMax, nu/(1-b2^t));  u = mu/(1-b1^t) / (sqrt(nuMax + epsRoot) + eps)`,
 * each correction only with its option.
 *
 * A NaN update makes `mu` and `nu` NaN, but not `nuMax`.
 *
 * State: `count`; `mu`, `nu` and `nuMax`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Reddi, Kale and Kumar 2018, algorithm 2, which is this with both corrections off; optax `scale_by_amsgrad`.
 * Keras and torch take the maximum of the uncorrected `nu` and correct it then (`amsgradEpsilonHat`).
 * @example
 * import { chain, scaleByAmsgrad, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAmsgrad(), scaleByLearningRate(1e-3))
 */
export const scaleByAmsgrad = /* @__PURE__ */ checked(
  { who: 'scaleByAmsgrad', takes: [], options: amsgradOptions },
  ({ biasCorrectionMu = true, biasCorrectionNu = true, ...options }: AmsgradOptions = {}) => {
    const corrected = (mean: Expr, factor: Expr, on: boolean): Expr => (on ? mul(mean, factor) : mean)
    return ourElementwise({
      name: 'scaleByAmsgrad',
      hyper: adamHyper(options),
      options: { biasCorrectionMu, biasCorrectionNu },
      slots: { mu: 0, nu: 0, nuMax: 0 },
      scalars: (t, k) => ({ ...k, ...corrections(t, k) }),
      step: (x, k) => {
        const { mu, nu } = moments(x, k)
        const mHat = corrected(mu, k.c1, biasCorrectionMu)
        const nuMax = max(x.nuMax, corrected(nu, k.c2, biasCorrectionNu))
        return { u: div(mHat, root(nuMax, k)), mu, nu, nuMax }
      },
    })
  },
)
