import { elementwise } from '../elementwise.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { ema, square } from '../rule/compose.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'

/** Options of the Adam family. */
export interface AdamOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squared updates, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** added under the root, at least 0, default 0; above 0 where one differentiates through the update */
  readonly epsRoot?: Hyper
}

/** The names of these options, for recipes that pass them on. */
export const adamOptions: readonly (keyof AdamOptions)[] = ['b1', 'b2', 'eps', 'epsRoot']

/**
 * Divides the mean of updates by the root of the mean of their squares, both corrected for their start at zero.
 *
 * `mu = b1 mu + (1-b1) u;  nu = b2 nu + (1-b2) u^2;  u = mu/(1-b1^t) / (sqrt(nu/(1-b2^t) + epsRoot) + eps)`
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Kingma and Ba 2015, algorithm 1. As in optax and torch `eps` stands outside the root, after the correction;
 * Keras's legacy Adam adds it before the correction. Bias corrections are float64 here, float32 in optax (7e-6 apart at
 * the first step).
 * @example
 * import { chain, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdam({ b2: 0.95 }), scaleByLearningRate(3e-4))
 */
export const scaleByAdam = ({ b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, ...unknown }: AdamOptions = {}) =>
  elementwise({
    name: 'scaleByAdam',
    unknown,
    hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps), epsRoot: nonNegative(epsRoot) },
    slots: { mu: 0, nu: 0 },
    scalars: (t, k) => ({ ...k, c1: 1 / (1 - k.b1 ** t), c2: 1 / (1 - k.b2 ** t) }),
    step: ({ u, mu, nu }, { b1, b2, eps, epsRoot, c1, c2 }) => {
      const m = ema(b1, mu, u)
      const v = ema(b2, nu, square(u))
      return { u: div(mul(m, c1), add(sqrt(add(mul(v, c2), epsRoot)), eps)), mu: m, nu: v }
    },
  })
