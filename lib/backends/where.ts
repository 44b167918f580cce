import * as tf from '@tensorflow/tfjs-core'

const flat = (x: tf.Tensor): tf.Tensor => (x.rank > 4 ? tf.reshape(x, [x.size]) : x)

/** `tf.where`, for tensors of any rank: tfjs has none beyond rank 4 on WebGL. */
export const where = (chosen: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const wide = [a, b].find(({ rank }) => rank > 4)
  return wide === undefined ? tf.where(chosen, a, b) : tf.reshape(tf.where(flat(chosen), flat(a), flat(b)), wide.shape)
}
