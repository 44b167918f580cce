/** Reads gradients with their variables, in every form of tfjs and of Keras's `apply_gradients`. */
import * as tf from '@tensorflow/tfjs-core'
import { dtypeMismatch, shapeMismatch } from '../../errors.js'
import { badPair, badSparse, givenReplicas, notDense, sparseIndex } from '../errors.js'
import { noGradientsGiven } from '../../errors/shell.js'
import { isRecord } from '../../tree/structure.js'
import { isTensor, isVariable, showShape } from '../../tree/tensors.js'
import { variableNamed } from '../../shell/gradients.js'

/** Rows of a gradient, as TensorFlow's IndexedSlices: `values[i]` belongs to row `indices[i]`; rows may repeat. */
export interface SparseGradient {
  readonly indices: tf.Tensor1D | readonly number[] | Int32Array
  /** one row per index: `[n, ...shape of a row]` */
  readonly values: tf.Tensor
  /** the shape of the variable; checked if given */
  readonly shape?: readonly number[]
}

/** The gradient of one variable: a tensor, rows of a sparse one, or null where there is none. */
export type Gradient = tf.Tensor | SparseGradient
/** A gradient, or one per replica. */
export type ReplicaGradients = Gradient | readonly (Gradient | null)[]
/** A gradient with its variable. */
export type Pair<G> = readonly [gradient: G, variable: tf.Variable]

export const isSparse = (u: unknown): u is SparseGradient => isRecord(u) && 'indices' in u && 'values' in u

/** The gradients of `applyGradients`: a map or list by variable name, as in tfjs, or pairs, as in Keras. */
export type GradientsAndVariables =
  | Readonly<Record<string, ReplicaGradients | null | undefined>>
  | readonly { readonly name: string; readonly tensor: ReplicaGradients | null | undefined }[]
  | Iterable<readonly [gradient: ReplicaGradients | null | undefined, variable: tf.Variable]>

const isIterable = (u: unknown): u is Iterable<unknown> =>
  typeof u === 'object' && u !== null && Symbol.iterator in u && typeof u[Symbol.iterator] === 'function'

const pairOf = (who: string, item: unknown, i: number): Pair<unknown> => {
  if (Array.isArray(item)) {
    const [gradient, variable] = item as readonly unknown[]
    if (item.length !== 2 || !isVariable(variable)) throw badPair(who, i, item)
    return [gradient, variable]
  }
  if (!isRecord(item) || typeof item['name'] !== 'string') throw badPair(who, i, item)
  return [item['tensor'], variableNamed(who, item['name'])]
}

/** The pairs with unchecked gradients. */
const listPairs = (who: string, given: unknown): readonly Pair<unknown>[] => {
  if (isRecord(given)) return Object.entries(given).map(([name, gradient]) => [gradient, variableNamed(who, name)])
  if (!isIterable(given)) throw badPair(who, 0, given)
  return [...given].map((item, i) => pairOf(who, item, i))
}

const checkOne = (who: string, gradient: unknown, variable: tf.Variable): Gradient => {
  const { name } = variable
  if (isSparse(gradient)) return checkSparse(who, gradient, variable)
  if (!isTensor(gradient) || gradient.isDisposed) throw notDense(who, name, gradient)
  const [got, expected] = [showShape(gradient.shape), showShape(variable.shape)]
  if (got !== expected) throw shapeMismatch(who, name, 'gradients', got, 'variables', expected)
  if (gradient.dtype !== 'float32') throw dtypeMismatch(who, name, 'gradients', gradient.dtype, 'float32')
  if (variable.dtype !== 'float32') throw dtypeMismatch(who, name, 'variables', variable.dtype, 'float32')
  return gradient
}

export const rowsOf = ({ indices }: SparseGradient): readonly number[] =>
  Array.from(isTensor(indices) ? indices.dataSync() : indices)

const checkSparse = (who: string, gradient: SparseGradient, variable: tf.Variable): SparseGradient => {
  const { values, shape } = gradient
  const { name } = variable
  if (!isTensor(values) || values.isDisposed || values.dtype !== 'float32')
    throw badSparse(who, name, 'values must be a float32 tensor', values)
  if (shape !== undefined && showShape(shape) !== showShape(variable.shape))
    throw shapeMismatch(who, name, 'gradients', showShape(shape), 'variables', showShape(variable.shape))
  const rows = rowsOf(gradient)
  const expected = [rows.length, ...variable.shape.slice(1)]
  if (variable.rank === 0 || showShape(values.shape) !== showShape(expected))
    throw badSparse(who, name, `values must have shape ${showShape(expected)}`, showShape(values.shape))
  const [end = 0] = variable.shape as readonly number[]
  rows.forEach((row, i) => {
    if (!Number.isInteger(row) || row < 0 || row >= end) throw sparseIndex(who, name, i, row, end)
  })
  return gradient
}

/** The result of a user's function, checked as pairs with one gradient each. */
export const checkPairs = (who: string, given: unknown): readonly Pair<Gradient>[] =>
  listPairs(who, given).map(([gradient, variable]) => [checkOne(who, gradient, variable), variable])

/** The argument of `applyGradients` as checked pairs; the gradient is null for variables without one. */
export const readPairs = (who: string, given: unknown): readonly Pair<ReplicaGradients | null>[] => {
  const pairs = listPairs(who, given)
  if (pairs.length === 0) throw noGradientsGiven(who, [])
  const read = pairs.map(([gradient, variable]): Pair<ReplicaGradients | null> => {
    if (gradient === null || gradient === undefined) return [null, variable]
    if (!Array.isArray(gradient)) return [checkOne(who, gradient, variable), variable]
    const each = gradient.map((one: unknown) =>
      one === null || one === undefined ? null : checkOne(who, one, variable),
    )
    return [each.every(one => one === null) ? null : each, variable]
  })
  const counts = new Set(
    read.flatMap(([gradient]) => (Array.isArray(gradient) ? [gradient.length] : gradient === null ? [] : [0])),
  )
  if (counts.size > 1) throw givenReplicas(who, [...counts])
  if (read.every(([gradient]) => gradient === null))
    throw noGradientsGiven(
      who,
      read.map(([, { name }]) => name),
    )
  return read
}

/** A sparse gradient as a dense tensor; repeated rows are added up, in the order given. */
export const densify = (gradient: SparseGradient, variable: tf.Variable): tf.Tensor => {
  const rows = rowsOf(gradient)
  if (rows.length === 0) return tf.zerosLike(variable)
  return tf.scatterND(tf.tensor2d([...rows], [rows.length, 1], 'int32'), gradient.values, variable.shape)
}

const concatRows = (all: readonly SparseGradient[]): SparseGradient => ({
  indices: all.flatMap(rowsOf),
  values: tf.concat(all.map(({ values }) => values)),
})

/** The sum over replicas, from the first to the last; sparse gradients are concatenated, as in TensorFlow. */
export const sumReplicas = (gradients: readonly (Gradient | null)[], variable: tf.Variable): Gradient => {
  const there = gradients.flatMap(gradient => (gradient === null ? [] : [gradient]))
  const sparse = there.filter(isSparse)
  if (sparse.length === there.length) return concatRows(sparse)
  return there
    .map(gradient => (isSparse(gradient) ? densify(gradient, variable) : gradient))
    .reduce((sum, gradient) => tf.add(sum, gradient))
}

/** So many different sets of variables without gradients are reported; where every step has another, nobody reads on. */
const mostWarnings = 100

/** Warns once that these variables have no gradient. */
export const warnOfMissing = (
  optimizer: string,
  pairs: readonly Pair<ReplicaGradients | null>[],
  warned: Set<string>,
): void => {
  const names = pairs.flatMap(([gradient, { name }]) => (gradient === null ? [name] : []))
  const key = names.join()
  if (names.length === 0 || warned.size >= mostWarnings || warned.has(key)) return
  warned.add(key)
  console.warn(
    `${optimizer}: gradients do not exist for variables ${names.join(', ')} when minimizing the loss (are they frozen?)`,
  )
}
