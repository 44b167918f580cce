import { elementwise } from '../elementwise.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { ema, max, square } from '../rule/compose.js'
import { decayRate, nonNegative, positive } from '../rule/hyper.js'
import type { AdamOptions } from './adam.js'

/**
 * Adam whose denominator never shrinks: it keeps the greatest corrected mean of squares seen.
 *
 * `mu, nu` as in `scaleByAdam`;  `nuMax = max(nuMax, nu/(1-b2^t));  u = mu/(1-b1^t) / (sqrt(nuMax + epsRoot) + eps)`
 *
 * A NaN update leaves `nuMax` as it is, though `mu` and `nu` become NaN.
 *
 * State: `count`; `mu`, `nu` and `nuMax`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Reddi, Kale and Kumar 2018, algorithm 2, with Adam's bias correction as in optax. The legacy Keras Adam takes
 * the maximum of the uncorrected `nu`, torch as Keras.
 * @example
 * import { chain, scaleByAmsgrad, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAmsgrad(), scaleByLearningRate(1e-3))
 */
export const scaleByAmsgrad = ({ b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, ...unknown }: AdamOptions = {}) =>
  elementwise({
    name: 'scaleByAmsgrad',
    unknown,
    hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps), epsRoot: nonNegative(epsRoot) },
    slots: { mu: 0, nu: 0, nuMax: 0 },
    scalars: (t, k) => ({ ...k, c1: 1 / (1 - k.b1 ** t), c2: 1 / (1 - k.b2 ** t) }),
    step: ({ u, mu, nu, nuMax }, { b1, b2, eps, epsRoot, c1, c2 }) => {
      const m = ema(b1, mu, u)
      const v = ema(b2, nu, square(u))
      const most = max(nuMax, mul(v, c2))
      return { u: div(mul(m, c1), add(sqrt(add(most, epsRoot)), eps)), mu: m, nu: v, nuMax: most }
    },
  })
