/**
 * Sums along axes, and their results spread again, by the ops that are fast: of a million elements tfjs's cpu backend
 * multiplies by a row in 250 ms and its wasm backend takes the minimum with one in 170 ms, where products of matrices
 * with ones take 17 ms and 0.4 ms. Such a product is exact: each element is one number times 1.
 */
import * as tf from '@tensorflow/tfjs-core'

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1)
const ones = (rows: number, columns: number): tf.Tensor2D => tf.ones([rows, columns])

/** `x` repeated along its axes of size 1, so that it has this shape. */
export const spread = (x: tf.Tensor, shape: readonly number[]): tf.Tensor => {
  const first = x.shape.findIndex(n => n !== 1)
  const [from, to] = first < 0 ? [0, 0] : [first, x.shape.findLastIndex(n => n !== 1) + 1]
  if (product(x.shape.slice(from, to)) !== product(shape.slice(from, to))) return tf.broadcastTo(x, [...shape])
  const [before, after] = [product(shape.slice(0, from)), product(shape.slice(to))]
  const column = after === 1 ? x : tf.matMul(tf.reshape(x, [x.size, 1]), ones(1, after))
  const row = tf.reshape(column, [1, column.size])
  return tf.reshape(before === 1 ? row : tf.matMul(ones(before, 1), row), [...shape])
}

/** The sum over some axes, which stay with size 1. */
export const sumOver = (x: tf.Tensor, axes: readonly number[]): tf.Tensor => {
  const { shape } = x
  const isFirst = axes.length > 0 && axes.every(axis => axis < axes.length) && axes.length < shape.length
  if (!isFirst || tf.getBackend() !== 'cpu') return tf.sum(x, [...axes], true)
  const rows = product(shape.slice(0, axes.length)) // tfjs's cpu backend sums columns in 75 ms instead of 10
  const summed = tf.matMul(ones(1, rows), tf.reshape(x, [rows, x.size / rows]))
  return tf.reshape(
    summed,
    shape.map((n, axis) => (axis < axes.length ? 1 : n)),
  )
}

/** The mean over some axes, which stay with size 1. */
export const meanOver = (x: tf.Tensor, axes: readonly number[]): tf.Tensor =>
  tf.div(sumOver(x, axes), product(axes.map(axis => x.shape[axis] ?? 1)))
