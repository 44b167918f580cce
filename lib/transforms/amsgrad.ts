import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { max } from '../rule/compose.js'
import { div, mul } from '../rule/expr.js'
import { adamHyper, adamOptions, corrections, moments, root, type AdamOptions } from './adamMoments.js'

/**
 * Adam whose denominator never shrinks: it keeps the greatest corrected mean of squares seen.
 *
 * `mu, nu` as in `scaleByAdam`;  `nuMax = max(nuMax, nu/(1-b2^t));  u = mu/(1-b1^t) / (sqrt(nuMax + epsRoot) + eps)`
 *
 * A NaN update makes `mu` and `nu` NaN, but not `nuMax`.
 *
 * State: `count`; `mu`, `nu` and `nuMax`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Reddi, Kale and Kumar 2018, algorithm 2, with Adam's bias correction as in optax. Keras's legacy Adam and
 * torch take the maximum of the uncorrected `nu`.
 * @example
 * import { chain, scaleByAmsgrad, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAmsgrad(), scaleByLearningRate(1e-3))
 */
export const scaleByAmsgrad = /* @__PURE__ */ checked(
  { who: 'scaleByAmsgrad', takes: [], options: adamOptions },
  (options: AdamOptions = {}) =>
    ourElementwise({
      name: 'scaleByAmsgrad',
      hyper: adamHyper(options),
      slots: { mu: 0, nu: 0, nuMax: 0 },
      scalars: (t, k) => ({ ...k, ...corrections(t, k) }),
      step: (x, k) => {
        const { mu, nu } = moments(x, k)
        const mHat = mul(mu, k.c1)
        const nuMax = max(x.nuMax, mul(nu, k.c2))
        return { u: div(mHat, root(nuMax, k)), mu, nu, nuMax }
      },
    }),
)
