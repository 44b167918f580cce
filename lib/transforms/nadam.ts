import { elementwise } from '../elementwise.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { ema, square } from '../rule/compose.js'
import { decayRate, nonNegative, positive } from '../rule/hyper.js'
import type { AdamOptions } from './adam.js'

/**
 * Adam with Nesterov momentum: looks one step ahead in the mean of updates.
 *
 * `mu, nu` as in `scaleByAdam`;  `m = b1 mu/(1-b1^(t+1)) + (1-b1) u/(1-b1^t);  u = m / (sqrt(nu/(1-b2^t) + epsRoot) + eps)`
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Dozat 2016, Incorporating Nesterov Momentum into Adam; the form of optax's `scale_by_adam(nesterov=True)`.
 * torch's NAdam has a momentum schedule besides, Keras's another one.
 * @example
 * import { chain, scaleByLearningRate, scaleByNadam } from 'tfjs-optax'
 * const tx = chain(scaleByNadam(), scaleByLearningRate(1e-3))
 */
export const scaleByNadam = ({ b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, ...unknown }: AdamOptions = {}) =>
  elementwise({
    name: 'scaleByNadam',
    unknown,
    hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps), epsRoot: nonNegative(epsRoot) },
    slots: { mu: 0, nu: 0 },
    scalars: (t, k) => ({
      ...k,
      ahead: k.b1 / (1 - k.b1 ** (t + 1)),
      now: (1 - k.b1) / (1 - k.b1 ** t),
      c2: 1 / (1 - k.b2 ** t),
    }),
    step: ({ u, mu, nu }, { b1, b2, eps, epsRoot, ahead, now, c2 }) => {
      const m = ema(b1, mu, u)
      const v = ema(b2, nu, square(u))
      return { u: div(add(mul(m, ahead), mul(u, now)), add(sqrt(add(mul(v, c2), epsRoot)), eps)), mu: m, nu: v }
    },
  })
