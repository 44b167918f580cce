/** Weights of `addWeight`, and the initial values of these and of added slots. */
import * as tf from '@tensorflow/tfjs-core'
import { badArgument } from '../../errors.js'
import { unknownInitializer } from '../errors.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import { isTensor } from '../../tree/tensors.js'

/** The name of an initializer, the value itself, or a function of a shape. */
export type Initializer = 'zeros' | 'ones' | number | tf.Tensor | ((shape: number[]) => tf.Tensor)

/** An initial value as a Variable; a number or tensor keeps its own shape, as in Keras. */
export const initialized = (
  who: string,
  initializer: Initializer,
  shape: readonly number[],
  dtype: tf.DataType,
  trainable = false,
): tf.Variable =>
  tf.tidy(() => {
    const value = valueOf(who, initializer, [...shape], dtype)
    return tf.variable(value, trainable, undefined, value.dtype)
  })

const valueOf = (who: string, initializer: unknown, shape: number[], dtype: tf.DataType): tf.Tensor => {
  if (initializer === 'zeros') return tf.zeros(shape, dtype)
  if (initializer === 'ones') return tf.ones(shape, dtype)
  if (typeof initializer === 'string') throw unknownInitializer(who, initializer)
  if (typeof initializer === 'number') return tf.scalar(initializer, dtype)
  if (isTensor(initializer)) return tf.cast(initializer, dtype)
  if (typeof initializer !== 'function')
    throw badArgument(who, 'initializer', "'zeros', 'ones', a number, a tensor or a function of a shape", initializer)
  const made = (initializer as (shape: number[]) => unknown)(shape)
  if (!isTensor(made)) throw badArgument(who, "initializer's result", 'a tensor', made)
  return tf.cast(made, dtype)
}

export interface WeightOptions {
  readonly dtype?: tf.DataType
  readonly initializer?: Initializer
  readonly trainable?: boolean
}

/** A new Variable for the user, which replaces an earlier one of the same name. */
export const addWeight = (
  weights: Map<string, tf.Variable>,
  name: string,
  shape: readonly number[],
  options: WeightOptions,
): tf.Variable => {
  const who = 'addWeight'
  const { dtype = 'float32', initializer = 'zeros', trainable = true, ...unknown } = asRecord(who, options)
  refuseUnknown(who, unknown)
  const weight = initialized(who, initializer, shape, dtype, trainable)
  weights.get(name)?.dispose()
  weights.set(name, weight)
  return weight
}
