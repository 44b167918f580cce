/** Whether there is momentum: it changes the slots, and in RMSprop the formula. */
import type { Hyper } from '../../rule/hyper.js'

interface WithMomentum {
  readonly momentum: Hyper
  readonly strict: boolean
}

/**
 * The momentum; the number 0 only if there is none. With `strict` the constructor decides whether there is, as in
 * Keras.
 */
export const momentumOf = ({ momentum, strict }: WithMomentum, given: WithMomentum): Hyper => {
  if (!strict) return momentum
  if (given.momentum === 0) return 0
  return momentum === 0 ? () => 0 : momentum
}

/** The meaning of the slot `momentum` in `tf.train.momentum`. */
export const tfjsMomentum = {
  momentum: 'sums gradients, without the rate that is in the steps that Keras sums (multiply it by minus the rate)',
}
