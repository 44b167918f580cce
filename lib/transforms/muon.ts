import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, notAMatrix } from '../errors.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'
import { ourTensorwise } from '../tensorwise.js'

export interface MuonOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.95 */
  readonly beta?: Hyper
  /** added to the norm that the mean is divided by, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** whether the mean looks one step ahead, default true */
  readonly nesterov?: boolean
  /** iterations of Newton and Schulz, a whole number from 1 on, default 5 */
  readonly nsSteps?: number
  /** coefficients of `x`, `x^3` and `x^5` in one iteration, default [3.4445, -4.775, 2.0315] */
  readonly nsCoeffs?: readonly [number, number, number]
}

const options: Names<MuonOptions> = { beta: 'momentum b1', eps: 'epsilon', nesterov: '', nsSteps: '', nsCoeffs: '' }

const standard = [3.4445, -4.775, 2.0315] as const

/**
 * Replaces the mean of updates by the nearest orthogonal matrix, approximately: all directions move at the same speed.
 *
 * `mu = beta mu + (1-beta) u;  m = beta mu/(1-beta^(t+1)) + (1-beta) u/(1-beta^t)`, or `mu/(1-beta^t)` without
 * `nesterov`. Then `X = m / (|m| + eps)` and `nsSteps` times `A = X X';  X = a X + (b A + c A A) X`.
 *
 * Leaves must be matrices; give other leaves to Adam, by `masked`. Runs as tfjs ops on every backend.
 *
 * State: `count`; `mu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range, or, naming the path, for a leaf that is not a matrix, in `init`
 * too; TypeError for an unknown option.
 * @source Jordan et al. 2024, Muon; optax `contrib.scale_by_muon`. torch's Muon has no bias correction, and another
 * eps.
 * @example
 * import { chain, masked, scaleByLearningRate, scaleByMuon } from 'tfjs-optax'
 * const tx = chain(masked(scaleByMuon(), (_path, leaf) => leaf.rank === 2), scaleByLearningRate(0.02))
 */
export const scaleByMuon = /* @__PURE__ */ checked(
  { who: 'scaleByMuon', takes: [], options },
  ({ beta = 0.95, eps = 1e-8, nesterov = true, nsSteps = 5, nsCoeffs = standard }: MuonOptions = {}) => {
    const who = 'scaleByMuon'
    if (typeof nesterov !== 'boolean') throw badArgument(who, 'nesterov', 'true or false', nesterov)
    if (!Number.isInteger(nsSteps) || nsSteps < 1)
      throw badArgument(who, 'nsSteps', 'a whole number from 1 on', nsSteps)
    const coefficients: unknown = nsCoeffs
    if (!Array.isArray(coefficients) || coefficients.length !== 3 || !coefficients.every(Number.isFinite))
      throw badArgument(who, 'nsCoeffs', 'three numbers', coefficients)
    return ourTensorwise({
      name: who,
      hyper: { beta: decayRate(beta), eps: positive(eps) },
      options: { nesterov, nsSteps, nsCoeffs },
      slots: { mu: 0 },
      scalars: (t, { beta, eps }) => ({ beta, eps, now: 1 / (1 - beta ** t), ahead: 1 / (1 - beta ** (t + 1)) }),
      check: (leaf, path) => {
        if (leaf.rank !== 2) throw notAMatrix(who, path, leaf.shape)
      },
      step: ({ u, mu }, { beta, eps, now, ahead }) => {
        const m = tf.add(tf.mul(mu, beta), tf.mul(u, 1 - beta))
        const mean = nesterov ? tf.add(tf.mul(m, beta * ahead), tf.mul(u, (1 - beta) * now)) : tf.mul(m, now)
        return { u: orthogonal(mean as tf.Tensor2D, eps, nsSteps, nsCoeffs), mu: m }
      },
    })
  },
)

/** The matrix with singular values near 1, computed with the smaller of its Gram matrices. */
const orthogonal = (m: tf.Tensor2D, eps: number, steps: number, [a, b, c]: readonly [number, number, number]) => {
  const isTall = m.shape[0] > m.shape[1]
  let x: tf.Tensor2D = tf.div(isTall ? tf.transpose(m) : m, tf.add(tf.norm(m), eps))
  for (let i = 0; i < steps; i++) {
    // A transposed operand of matMul is ten times slower on wasm than a transposed matrix.
    const gram = tf.matMul<tf.Tensor2D>(x, tf.transpose(x))
    const inner = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c))
    x = tf.add(tf.mul(x, a), tf.matMul(inner, x))
  }
  return isTall ? tf.transpose(x) : x
}
