import * as tf from '@tensorflow/tfjs'

/** What the page and the worker both know: the parameters' structure and the loss. */
export const start = () => ({
  hidden: { kernel: tf.randomNormal([1, 32], 0, 1, 'float32', 1), bias: tf.zeros([32]) },
  out: { kernel: tf.zeros([32, 1]), bias: tf.zeros([1]) },
})
export const lossOf = ({ hidden, out }: ReturnType<typeof start>, x: tf.Tensor, y: tf.Tensor): tf.Scalar => {
  const inner = tf.tanh(tf.add(tf.matMul(x, hidden.kernel), hidden.bias))
  return tf.losses.meanSquaredError(y, tf.add(tf.matMul(inner, out.kernel), out.bias))
}

export type Command =
  { readonly kind: 'train'; readonly x: Float32Array; readonly y: Float32Array } | { readonly kind: 'stop' }
export type Progress =
  | { readonly kind: 'step'; readonly step: number; readonly loss: number }
  | { readonly kind: 'done'; readonly bytes: Uint8Array }
