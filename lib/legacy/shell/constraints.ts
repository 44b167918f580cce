/** Constraints of layers (`kernelConstraint`), which tfjs keeps beside a weight and never applies. */
import * as tf from '@tensorflow/tfjs-core'
import { constraintShape } from '../errors.js'
import { showShape } from '../../tree/tensors.js'

/** A tfjs-layers weight, as far as constraints go. */
export interface ConstrainedWeight {
  readonly read: () => tf.Tensor
  readonly constraint?: { readonly apply: (weight: tf.Tensor) => tf.Tensor } | null | undefined
}

/** A tfjs-layers model, as far as constraints go. */
export interface ConstrainedModel {
  readonly weights: readonly ConstrainedWeight[]
}

/** From a variable's new value to the value it gets. */
export type Constrain = (value: tf.Tensor, variable: tf.Variable) => tf.Tensor

/** The constraints of some models. They are looked up at each step, since layers may be built or replaced later. */
export const constraintsOf = (models: readonly ConstrainedModel[]) => (): Constrain | undefined => {
  const found = new Map(
    models.flatMap(({ weights }) =>
      weights.flatMap(weight => (weight.constraint ? [[weight.read(), weight.constraint] as const] : [])),
    ),
  )
  if (found.size === 0) return undefined
  return (value, variable) => {
    const constraint = found.get(variable)
    if (constraint === undefined) return value
    const kept = constraint.apply(value)
    const [got, expected] = [showShape(kept.shape), showShape(variable.shape)]
    if (got !== expected) throw constraintShape(variable.name, got, expected)
    return kept
  }
}
