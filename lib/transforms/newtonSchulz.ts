/** The orthogonal matrix nearest to a given one, approximately, by the iteration of Newton and Schulz. */
import * as tf from '@tensorflow/tfjs-core'
import { wholeNumber } from '../call/whole.js'
import { badArgument } from '../errors.js'
import { spread, sumOver } from './spread.js'

/** The coefficients of `x`, `x^3` and `x^5` in one iteration. */
export type NsTriple = readonly [x: number, x3: number, x5: number]

/** One triple for all iterations, a triple for each, or the name of a known choice of these. */
export type NsCoeffs = NsTriple | readonly NsTriple[] | keyof typeof known

/** How the matrix is scaled before the first iteration, which converges for singular values up to about 1. */
export type Preconditioning = keyof typeof scalings

const known = {
  standard: [3.4445, -4.775, 2.0315],
  dion: [
    [4.0848, -6.8946, 2.927],
    [3.9505, -6.3029, 2.6377],
    [3.7418, -5.5913, 2.3037],
    [2.8769, -3.1427, 1.2046],
    [2.8366, -3.0525, 1.2012],
  ],
} as const

const isTriple = (u: unknown): u is NsTriple => Array.isArray(u) && u.length === 3 && u.every(Number.isFinite)

/** The triple of each iteration; throws for coefficients that are none, and for another number of steps than theirs. */
export const triplesOf = (who: string, coeffs: NsCoeffs, steps: number | undefined): readonly NsTriple[] => {
  if (steps !== undefined) wholeNumber(who, 'nsSteps', steps, 1)
  const given: unknown = typeof coeffs === 'string' && Object.hasOwn(known, coeffs) ? known[coeffs] : coeffs
  if (isTriple(given)) return Array.from({ length: steps ?? 5 }, () => given)
  if (!Array.isArray(given) || given.length === 0 || !given.every(isTriple))
    throw badArgument(who, 'nsCoeffs', `three numbers, a list of such triples, 'standard' or 'dion'`, coeffs)
  if (steps !== undefined && steps !== given.length)
    throw badArgument(who, 'nsSteps', `${given.length}, the number of triples in nsCoeffs, or absent`, steps)
  return given
}

/** A matrix and `x x'`. */
interface WithGram {
  readonly x: tf.Tensor2D
  readonly gram: tf.Tensor2D
}

// A transposed operand of matMul is ten times slower on wasm than a transposed matrix.
const withGram = (x: tf.Tensor2D): WithGram => ({ x, gram: tf.matMul(x, tf.transpose(x)) })

/**
 * The greatest eigenvalue of a Gram matrix: that of its square, rooted. After sixteen squarings the norm stands for it,
 * since the powers of all other eigenvalues have vanished beside its own: it is off by `log(rows) / 2^18` at most.
 */
const greatestEigenvalue = (gram: tf.Tensor2D, squarings = 16): tf.Tensor => {
  const norm = tf.norm(gram)
  if (squarings === 0) return norm
  // At least this much, so that zeros stay zeros; tfjs cannot differentiate through its own `divNoNan`.
  const unit = tf.div<tf.Tensor2D>(gram, tf.maximum(norm, 1e-30))
  return tf.mul(norm, tf.sqrt(greatestEigenvalue(tf.matMul(unit, unit), squarings - 1)))
}

/** Ways to scale a matrix, with its Gram matrix after that. */
const scalings = {
  frobenius: (x: tf.Tensor2D, eps: number): WithGram => withGram(tf.div(x, tf.add(tf.norm(x), eps))),
  spectral: (x: tf.Tensor2D, eps: number): WithGram =>
    withGram(tf.div(x, tf.add(tf.sqrt(greatestEigenvalue(withGram(x).gram)), eps))),
  aol: (given: tf.Tensor2D, eps: number): WithGram => {
    const { x, gram } = withGram(given)
    const rows = tf.rsqrt(tf.maximum(sumOver(tf.abs(gram), [1]), eps))
    return {
      x: tf.mul(x, spread(rows, x.shape)),
      gram: tf.mul(gram, tf.matMul(rows as tf.Tensor2D, tf.transpose(rows as tf.Tensor2D))),
    }
  },
  schatten: (given: tf.Tensor2D, eps: number): WithGram => {
    const { x, gram } = withGram(given)
    const square = tf.maximum(tf.norm(gram), eps)
    return { x: tf.mul(x, tf.rsqrt(square)), gram: tf.div(gram, square) }
  },
}

export const preconditionings = Object.keys(scalings) as readonly Preconditioning[]

const iterated = ({ x, gram }: WithGram, [a, b, c]: NsTriple): tf.Tensor2D => {
  const inner = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c))
  return tf.add(tf.mul(x, a), tf.matMul(inner, x))
}

/** The matrix with singular values near 1, computed with the smaller of its two Gram matrices. */
export const orthogonal = (
  m: tf.Tensor2D,
  eps: number,
  triples: readonly NsTriple[],
  preconditioning: Preconditioning,
): tf.Tensor2D => {
  const isTall = m.shape[0] > m.shape[1]
  const scaled = scalings[preconditioning](isTall ? tf.transpose(m) : m, eps)
  const x = triples.reduce((x, triple, i) => iterated(i === 0 ? scaled : withGram(x), triple), scaled.x)
  return isTall ? tf.transpose(x) : x
}
