import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'
import { ourTensorwise } from '../tensorwise.js'
import { checkDimensions, dimensionsOption, mapMatrices, matricesOf, type DimensionNumbersOf } from './matrices.js'
import { orthogonal, preconditionings, triplesOf, type NsCoeffs, type Preconditioning } from './newtonSchulz.js'

/** Options of `scaleByMuon`. */
export interface MuonOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.95 */
  readonly beta?: Hyper
  /** added to the norm that the mean is divided by, or its least value; above 0, default 1e-8 */
  readonly eps?: Hyper
  /** whether the mean looks one step ahead, default true */
  readonly nesterov?: boolean
  /** iterations of Newton and Schulz, a whole number from 1 on, default 5, or as many as there are triples */
  readonly nsSteps?: number
  /**
   * coefficients of `x`, `x^3` and `x^5` in one iteration, default [3.4445, -4.775, 2.0315]; a list of such triples has
   * those of each iteration; 'standard' is the default, and 'dion' five triples of that paper
   */
  readonly nsCoeffs?: NsCoeffs
  /**
   * what the mean is divided by before the first iteration: 'frobenius' (default), its norm; 'spectral', its greatest
   * singular value, at the price of sixteen products more; 'aol', a number for each row; 'schatten', its norm of order 4
   */
  readonly preconditioning?: Preconditioning
  /** whether the step grows with the sum of the products of mean and result (its dual norm), default false */
  readonly adaptive?: boolean
  /**
   * which axes of a leaf are inputs and outputs, default `{ reductionAxis: 0, outputAxis: 1 }` of matrices; all other
   * axes are of independent matrices. For all leaves, or a function of path and leaf
   */
  readonly weightDimensionNumbers?: DimensionNumbersOf
}

export const muonOptions: Names<MuonOptions> = {
  beta: 'momentum b1',
  eps: 'epsilon',
  nesterov: '',
  nsSteps: '',
  nsCoeffs: '',
  preconditioning: '',
  adaptive: '',
  weightDimensionNumbers: '',
}

/**
 * Replaces the mean of updates by the nearest orthogonal matrix, approximately: all directions move at the same speed.
 *
 * `mu = beta mu + (1-beta) u;  m = beta mu/(1-beta^(t+1)) + (1-beta) u/(1-beta^t)`, or `mu/(1-beta^t)` without
 * `nesterov`. Then `X = m / (|m| + eps)` and `nsSteps` times `A = X X';  X = a X + (b A + c A A) X`; with `adaptive` at
 * last `X = (sum of m X) X`. The other preconditionings, with `G = m m'`: 'spectral' `m / (s + eps)` with the greatest
 * singular value `s`; 'aol' row i of `m` by `sqrt(max(sum over j of |G_ij|, eps))`; 'schatten' `m / sqrt(max(|G|, eps))`.
 *
 * Leaves must be matrices, or have dimension numbers; give other leaves to Adam, as `muon` does. Runs as tfjs ops on
 * every backend.
 *
 * State: `count`; `mu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range, or, naming the path, for a leaf that is not a matrix or does not
 * have these axes, in `init` too; TypeError for an unknown option.
 * @source Jordan et al. 2024, Muon; 'dion' Ahn et al. 2025, 'aol' Boissin et al. 2025, 'schatten' Grishina et al. 2025,
 * `adaptive` Bernstein and Newhouse 2024; optax `contrib.scale_by_muon`, which takes the last triples if there are
 * fewer steps, and 1e-8 whatever `eps` is in 'aol' and 'schatten'. torch's Muon has no bias correction, and another
 * eps.
 * @example
 * import { chain, masked, scaleByLearningRate, scaleByMuon } from 'tfjs-optax'
 * const tx = chain(masked(scaleByMuon(), (_path, leaf) => leaf.rank === 2), scaleByLearningRate(0.02))
 */
export const scaleByMuon = /* @__PURE__ */ checked(
  { who: 'scaleByMuon', takes: [], options: muonOptions },
  ({
    beta = 0.95,
    eps = 1e-8,
    nesterov = true,
    nsSteps,
    nsCoeffs = 'standard',
    preconditioning = 'frobenius',
    adaptive = false,
    weightDimensionNumbers: numbers,
  }: MuonOptions = {}) => {
    const who = 'scaleByMuon'
    if (typeof nesterov !== 'boolean') throw badArgument(who, 'nesterov', 'true or false', nesterov)
    if (typeof adaptive !== 'boolean') throw badArgument(who, 'adaptive', 'true or false', adaptive)
    if (!preconditionings.includes(preconditioning))
      throw badArgument(who, 'preconditioning', `one of ${preconditionings.join(', ')}`, preconditioning)
    const triples = triplesOf(who, nsCoeffs, nsSteps)
    checkDimensions(who, 'weightDimensionNumbers', numbers)
    return ourTensorwise({
      name: who,
      hyper: { beta: decayRate(beta), eps: positive(eps) },
      options: {
        nesterov,
        nsSteps: triples.length,
        nsCoeffs,
        ...(preconditioning !== 'frobenius' && { preconditioning }),
        ...(adaptive && { adaptive }),
        ...dimensionsOption(numbers),
      },
      slots: { mu: 0 },
      scalars: (t, { beta, eps }) => ({ beta, eps, now: 1 / (1 - beta ** t), ahead: 1 / (1 - beta ** (t + 1)) }),
      check: (leaf, path, name) => {
        matricesOf(who, leaf, { path, name }, numbers)
      },
      step: ({ u, mu }, { beta, eps, now, ahead }, path) => {
        const m = tf.add(tf.mul(mu, beta), tf.mul(u, 1 - beta))
        const mean = nesterov ? tf.add(tf.mul(m, beta * ahead), tf.mul(u, (1 - beta) * now)) : tf.mul(m, now)
        if (u.size === 0) return { u, mu: m }
        const matrices = matricesOf(who, u, { path, name: path }, numbers)
        const x = mapMatrices(mean, matrices, one => orthogonal(one, eps, triples, preconditioning))
        return { u: adaptive ? tf.mul(x, tf.sum(tf.mul(mean, x))) : x, mu: m }
      },
    })
  },
)
