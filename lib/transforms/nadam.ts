import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { add, div, mul } from '../rule/expr.js'
import { adamHyper, adamOptions, moments, root, type AdamOptions } from './adamMoments.js'

/** The rule of `scaleByNadam`, for options that are checked already. */
export const nadamRule = (options: AdamOptions) =>
  ourElementwise({
    name: 'scaleByNadam',
    hyper: adamHyper(options),
    slots: { mu: 0, nu: 0 },
    scalars: (t, k) => ({
      ...k,
      ahead: k.b1 / (1 - k.b1 ** (t + 1)),
      now: (1 - k.b1) / (1 - k.b1 ** t),
      c2: 1 / (1 - k.b2 ** t),
    }),
    step: (x, k) => {
      const { mu, nu } = moments(x, k)
      const mHat = add(mul(mu, k.ahead), mul(x.u, k.now))
      return { u: div(mHat, root(mul(nu, k.c2), k)), mu, nu }
    },
  })

/**
 * Adam with Nesterov momentum: looks one step ahead in the mean of updates.
 *
 * `mu, nu` as in `scaleByAdam`;  `m = b1 mu/(1-b1^(t+1)) + (1-b1) u/(1-b1^t);  u = m / (sqrt(nu/(1-b2^t) + epsRoot) +
 * eps)`
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Dozat 2016, Incorporating Nesterov Momentum into Adam; the form of optax's `scale_by_adam(nesterov=True)`.
 * The NAdam of torch and of Keras each have a momentum schedule of their own.
 * @example
 * import { chain, scaleByLearningRate, scaleByNadam } from 'tfjs-optax'
 * const tx = chain(scaleByNadam(), scaleByLearningRate(1e-3))
 */
export const scaleByNadam = /* @__PURE__ */ checked(
  { who: 'scaleByNadam', takes: [], options: adamOptions },
  (options: AdamOptions = {}) => nadamRule(options),
)
