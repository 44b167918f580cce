import * as tf from '@tensorflow/tfjs-core'
import { select } from '../backends/recorded.js'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { decayRate, positive, type Hyper, type HyperSpec } from '../rule/hyper.js'
import { ourTensorwise } from '../tensorwise.js'

/** Options of `scaleBySophia`. */
export interface SophiaOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.965 */
  readonly b1?: Hyper
  /** weight of the past in the mean of Hessian diagonals, in [0, 1), default 0.99 */
  readonly b2?: Hyper
  /** the least divisor, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** the part of the Hessian diagonal that divides, above 0, default 0.01 */
  readonly gamma?: Hyper
  /** the greatest update, above 0, default 1; null for none */
  readonly clipThreshold?: Hyper | null
}

export const sophiaOptions: Names<SophiaOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2',
  eps: 'epsilon',
  gamma: 'rho',
  clipThreshold: 'clip',
}

/**
 * Divides the mean of updates by the curvature of the loss along each parameter, and clips what is then too large.
 *
 * `mu = b1 mu + (1-b1) u;  u = mu/(1-b1^t) / max(gamma nu, eps)`, clipped to `[-clipThreshold, clipThreshold]`. At steps
 * that get the diagonal `h` of a Hessian, after that, `nu = b2 nu + (1-b2) h`.
 *
 * The diagonal is a tree like the parameters, and the caller passes it as `hessian` in the last argument of `update` and
 * steps: `hutchinsonEstimatorDiagHessian` estimates one, at some ten steps each, since it costs a second derivative.
 * Until the first, updates are the sign of the mean. Runs as tfjs ops on every backend.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range, or for a `hessian` of another structure or shape, naming the path;
 * TypeError for an unknown option.
 * @source Liu et al. 2023, algorithm 3; optax `contrib.scale_by_sophia`, which calls the estimator itself, at every
 * `update_interval`-th step.
 * @example
 * import { chain, scaleByLearningRate, scaleBySophia } from 'tfjs-optax'
 * const tx = chain(scaleBySophia({ gamma: 0.05 }), scaleByLearningRate(1e-3))
 */
export const scaleBySophia = /* @__PURE__ */ checked(
  { who: 'scaleBySophia', takes: [], options: sophiaOptions },
  ({ b1 = 0.965, b2 = 0.99, eps = 1e-8, gamma = 0.01, clipThreshold = 1 }: SophiaOptions = {}) => {
    const clip = clipThreshold === null ? {} : { clipThreshold: positive(clipThreshold) }
    return ourTensorwise({
      name: 'scaleBySophia',
      hyper: {
        b1: decayRate(b1),
        b2: decayRate(b2),
        eps: positive(eps),
        gamma: positive(gamma),
        ...(clip as { readonly clipThreshold: HyperSpec }), // absent for null
      },
      options: clipThreshold === null ? { clipThreshold } : {},
      slots: { mu: 0, nu: 0 },
      trees: ['hessian'],
      scalars: (t, k) => {
        const given: Partial<typeof k> = k
        return { ...k, limit: given.clipThreshold ?? Infinity, c1: 1 / (1 - k.b1 ** t) }
      },
      step: ({ u, mu, nu, hessian }, { b1, b2, eps, gamma, limit, c1 }) => {
        const m = tf.add(tf.mul(mu, b1), tf.mul(u, 1 - b1))
        const curvature = tf.mul(nu, gamma)
        const divisor = select(() => tf.less(curvature, eps), tf.fill(u.shape, eps), curvature)
        const x = tf.div(tf.mul(m, c1), divisor)
        return {
          u: clamped(x, limit),
          mu: m,
          nu: hessian === null ? nu : tf.add(tf.mul(nu, b2), tf.mul(hessian, 1 - b2)),
        }
      },
    })
  },
)

/** The numbers within the limit; NaN stays NaN, which tfjs's own clipping does not keep on every backend. */
const clamped = (x: tf.Tensor, limit: number): tf.Tensor => {
  const low = select(() => tf.less(x, -limit), tf.fill(x.shape, -limit), x)
  return select(() => tf.less(limit, low), tf.fill(x.shape, limit), low)
}
