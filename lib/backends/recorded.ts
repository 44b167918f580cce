import * as tf from '@tensorflow/tfjs-core'
import { where } from './where.js'

/**
 * `test() ? a : b` element by element under a gradient tape: the taken branch gets the gradient, the other gets zero.
 * The comparison is not recorded, since tfjs has no gradient for it.
 */
export const select = (test: () => tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  tf.customGrad((x, y, save) => {
    const chosen = test()
    ;(save as (saved: tf.Tensor[]) => void)([chosen])
    return {
      value: where(chosen, x as tf.Tensor, y as tf.Tensor),
      gradFunc: (dy: tf.Tensor, [taken = chosen]: tf.Tensor[]) => {
        const none = tf.zerosLike(dy)
        return [where(taken, dy, none), where(taken, none, dy)]
      },
    }
  })(a, b)
