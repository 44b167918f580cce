import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { div, mul } from '../rule/expr.js'
import { adamHyper, adamOptions, corrections, moments, root, type AdamOptions } from './adamMoments.js'
import { nadamRule } from './nadam.js'

/** Options of `scaleByAdam` and of the recipes around it. */
export interface ScaleByAdamOptions extends AdamOptions {
  /** Nesterov's momentum (`scaleByNadam`), default false */
  readonly nesterov?: boolean
}

export const scaleByAdamOptions: Names<ScaleByAdamOptions> = { ...adamOptions, nesterov: '' }

/**
 * Divides the mean of updates by the root of the mean of their squares; both are corrected for their start at zero.
 *
 * `mu = b1 mu + (1-b1) u;  nu = b2 nu + (1-b2) u^2;  u = mu/(1-b1^t) / (sqrt(nu/(1-b2^t) + epsRoot) + eps)`; with
 * `nesterov` it is `scaleByNadam`.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Kingma and Ba 2015, algorithm 1. As in optax and torch, `eps` is added outside the root, after the
 * correction; Keras's legacy Adam adds it before the correction. Bias corrections are float64 here and float32 in
 * optax, which differ by 7e-6 at the first step.
 * @example
 * import { chain, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdam({ b2: 0.95 }), scaleByLearningRate(3e-4))
 */
export const scaleByAdam = /* @__PURE__ */ checked(
  { who: 'scaleByAdam', takes: [], options: scaleByAdamOptions },
  (options: ScaleByAdamOptions = {}) =>
    options.nesterov
      ? nadamRule(options)
      : ourElementwise({
          name: 'scaleByAdam',
          hyper: adamHyper(options),
          slots: { mu: 0, nu: 0 },
          scalars: (t, k) => ({ ...k, ...corrections(t, k) }),
          step: (x, k) => {
            const { mu, nu } = moments(x, k)
            const mHat = mul(mu, k.c1)
            return { u: div(mHat, root(mul(nu, k.c2), k)), mu, nu }
          },
        }),
)
