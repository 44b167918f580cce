/**
 * `sqrt` and `div` under a gradient tape. tfjs's own gradients give 0 * infinity = NaN where a branch was not taken or
 * a norm is zero; here the gradient is zero where `dy` is.
 */
import * as tf from '@tensorflow/tfjs-core'
import { select } from './recorded.js'
import { reduceTaped } from './reduceTaped.js'

type Save = (saved: tf.Tensor[]) => void
type Pull = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[]

/**
 * An op with its own gradient. It saves its inputs and not its result: tfjs records the copy of a saved result before
 * the op itself, so second derivatives would take it for a constant.
 */
const op = (forward: (...inputs: tf.Tensor[]) => tf.Tensor, pull: Pull) =>
  tf.customGrad((...args) => {
    const inputs = args.slice(0, -1) as tf.Tensor[]
    ;(args.at(-1) as Save)(inputs)
    return { value: forward(...inputs), gradFunc: pull }
  })

const zeroIfNone = (dy: tf.Tensor, gradient: tf.Tensor): tf.Tensor =>
  select(() => tf.equal(dy, 0), tf.zerosLike(gradient), gradient)

/** Sums a gradient back to the shape of its operand, which is that of the result or a scalar. */
const likeOperand = (gradient: tf.Tensor, operand: tf.Tensor): tf.Tensor =>
  gradient.rank === operand.rank ? gradient : reduceTaped('sum', [gradient])

/** `sqrt(x)`; its gradient `dy / (2 sqrt(x))` is zero where `dy` is. */
export const sqrt = (x: tf.Tensor): tf.Tensor =>
  op(tf.sqrt, (dy, saved) => {
    const [from = x] = saved
    return [zeroIfNone(dy, div(dy, tf.mul(sqrt(from), 2)))]
  })(x)

/** `a / b`; its gradients `dy / b` and `-dy a / b^2` are zero where `dy` is. */
export const div = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  op(
    (x = a, y = b) => tf.div(x, y),
    (dy, saved) => {
      const [x = a, y = b] = saved
      const part = div(dy, y)
      const whole = tf.neg(div(tf.mul(part, x), y))
      return [likeOperand(zeroIfNone(dy, part), x), likeOperand(zeroIfNone(dy, whole), y)]
    },
  )(a, b)
