import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'
import { ourTensorwise } from '../tensorwise.js'
import { upToOne } from './kerasMomentum.js'
import { spread } from './spread.js'

/** Options of `scaleBySm3`. */
export interface Sm3Options {
  /** weight of the past in the mean of scaled updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the sums of squares, in [0, 1], default 1: they only grow */
  readonly b2?: Hyper
  /** added under the root, above 0, default 1e-8 */
  readonly eps?: Hyper
}

const options: Names<Sm3Options> = { b1: 'beta1 betas momentum', b2: 'beta2 betas', eps: 'epsilon' }

/** The entries of each axis in `mu`. Scalars and vectors have one for each element. */
const lengthsOf = (shape: readonly number[]): readonly number[] => (shape.length === 0 ? [1] : shape)

const sum = (sizes: readonly number[]): number => sizes.reduce((total, n) => total + n, 0)

/**
 * Divides by the root of sums of squares of which each leaf keeps one number for each index of each axis.
 *
 * `s = k u^2 + b2 (the least of mu over the axes)`, with `k = 1` if `b2` is 1, else `1 - b2`; `mu` of an index is the
 * greatest `s` with that index. `nu = b1 nu + (1-b1) u / sqrt(s + eps);  u = nu`. Runs as tfjs ops on every backend.
 *
 * State: `count`; `mu`, a float32 vector with the entries of axis 0, then those of axis 1, and so on: for a matrix of m
 * by n 4 (m + n) bytes; `nu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Anil et al. 2019, algorithm SM3-II; optax `scale_by_sm3`, which keeps a list of vectors, and fails for
 * scalars.
 * @example
 * import { chain, scaleByLearningRate, scaleBySm3 } from 'tfjs-optax'
 * const tx = chain(scaleBySm3({ b1: 0.9 }), scaleByLearningRate(0.1))
 */
export const scaleBySm3 = /* @__PURE__ */ checked(
  { who: 'scaleBySm3', takes: [], options },
  ({ b1 = 0.9, b2 = 1, eps = 1e-8 }: Sm3Options = {}) =>
    ourTensorwise({
      name: 'scaleBySm3',
      hyper: { b1: decayRate(b1), b2: upToOne(b2), eps: positive(eps) },
      slots: { nu: 0 },
      shaped: { mu: { shape: leaf => [sum(lengthsOf(leaf))] } },
      scalars: (_t, { b1, b2, eps }) => ({ b1, b2, eps, fresh: b2 === 1 ? 1 : 1 - b2 }),
      step: ({ u, nu, mu }, { b1, b2, eps, fresh }) => {
        if (u.size === 0 || mu === null) return { u, nu, mu }
        const s = tf.add(tf.mul(tf.square(u), fresh), tf.mul(leastOf(mu, u.shape), b2))
        // Where s is 0, u is 0 or next to it, so the quotient needs no test.
        const scaled = tf.div(u, tf.sqrt(tf.add(s, eps)))
        const next = tf.add(tf.mul(nu, b1), tf.mul(scaled, 1 - b1))
        return { u: next, nu: next, mu: greatestOf(s) }
      },
    }),
)

/** For each element the least of the entries for its indices. */
const leastOf = (mu: tf.Tensor, shape: readonly number[]): tf.Tensor => {
  const lengths = lengthsOf(shape)
  if (shape.length === 0) return tf.reshape(mu, [])
  const parts = tf.split(mu, [...lengths])
  return parts
    .map((part, axis) =>
      spread(
        tf.reshape(
          part,
          lengths.map((n, i) => (i === axis ? n : 1)),
        ),
        shape,
      ),
    )
    .reduce((a, b) => tf.minimum(a, b))
}

/** For each index of each axis the greatest element with that index. */
const greatestOf = (s: tf.Tensor): tf.Tensor => {
  if (s.rank < 2) return tf.reshape(s, [s.size])
  return tf.concat(
    s.shape.map((_, axis) =>
      tf.max(
        s,
        s.shape.flatMap((__, i) => (i === axis ? [] : [i])),
      ),
    ),
  )
}
