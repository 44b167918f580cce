/** Matrix products whose gradients are fast on wasm. */
import * as tf from '@tensorflow/tfjs-core'
import { array as A } from 'fp-ts'

/** The matrices of a stack, read at once: wasm's slice would read the whole stack for each of them. */
const matricesOf = (stack: tf.Tensor3D): tf.Tensor2D[] => {
  const [count, rows, columns] = stack.shape
  const values = stack.dataSync()
  const size = rows * columns
  return Array.from({ length: count }, (_, i) =>
    tf.tensor2d(values.subarray(i * size, (i + 1) * size), [rows, columns]),
  )
}

const isStack = (x: tf.Tensor): x is tf.Tensor3D => x.rank === 3

const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  if (!isStack(a) || !isStack(b)) return tf.matMul(a, b)
  return tf.stack(A.zipWith(matricesOf(a), matricesOf(b), (left, right) => tf.matMul(left, right)))
}

/** The last two axes exchanged. */
export const flip = (x: tf.Tensor): tf.Tensor => tf.transpose(x, isStack(x) ? [0, 2, 1] : [1, 0])

const operands = (given: readonly unknown[]): readonly [tf.Tensor, tf.Tensor] => {
  const [a, b] = given
  if (a instanceof tf.Tensor && b instanceof tf.Tensor) return [a, b]
  throw new TypeError('matMul: two tensors are needed')
}

/**
 * `a b`, for two matrices or two stacks of them. On wasm only plain products of two matrices are fast: so a stack is
 * multiplied one by one, and the gradients transpose a copy instead of setting tf.matMul's transpose flags.
 */
export const matMul: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor = tf.customGrad((...given) => {
  const [a, b] = operands(given)
  const save = given.find(x => typeof x === 'function')
  save?.([a, b])
  const gradFunc = (dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] => {
    const [a, b] = operands(saved)
    return [product(dy, flip(b)), product(flip(a), dy)]
  }
  return { value: product(a, b), gradFunc }
})
