/** Constraints of layers (`kernelConstraint`), which tfjs stores with a weight and never applies. */
import type * as tf from '@tensorflow/tfjs-core'
import { badArgument, nameOf } from '../errors.js'
import { constraintGave } from '../errors/shell.js'
import { isTensor, showShape } from '../tree/tensors.js'

/** The part of a tfjs-layers weight that constraints need. */
export interface ConstrainedWeight {
  readonly read: () => tf.Tensor
  readonly constraint?: { readonly apply: (weight: tf.Tensor) => tf.Tensor } | null | undefined
}

/** The part of a tfjs-layers model that constraints need. */
export interface ConstrainedModel {
  readonly weights: readonly ConstrainedWeight[]
}

export const readModel = (model: ConstrainedModel): ConstrainedModel => {
  if (Array.isArray((model as Partial<ConstrainedModel> | null)?.weights)) return model
  throw badArgument('constrain', 'model', 'a tfjs-layers model', model)
}

/** Maps the new value of a variable to the constrained one. */
export type Constrain = (value: tf.Tensor, variable: tf.Variable) => tf.Tensor

type Constraint = NonNullable<ConstrainedWeight['constraint']>

/** Looks at `val`, where tfjs-layers keeps the Variable of a weight, since `read` throws for a disposed one. */
const isDisposed = (weight: ConstrainedWeight & { readonly val?: tf.Variable }): boolean =>
  weight.val?.isDisposed === true

/**
 * The constraints of the models' weights. They are collected at each step, since layers may be built, replaced or
 * disposed.
 */
export const constrainedBy = (models: readonly ConstrainedModel[]): ReadonlyMap<tf.Tensor, Constraint> =>
  new Map(
    models.flatMap(({ weights }) =>
      weights.flatMap(weight =>
        weight.constraint && !isDisposed(weight) ? [[weight.read(), weight.constraint] as const] : [],
      ),
    ),
  )

export const constrainWith = (found: ReadonlyMap<tf.Tensor, Constraint>): Constrain | undefined => {
  if (found.size === 0) return undefined
  return (value, variable) => {
    const constraint = found.get(variable)
    if (constraint === undefined) return value
    const kept: unknown = constraint.apply(value)
    const [got, expected] = [shown(kept), shown(variable)]
    if (!isTensor(kept) || got !== expected) throw constraintGave(variable.name, got, expected)
    return kept
  }
}

const shown = (value: unknown): string =>
  !isTensor(value)
    ? nameOf(value)
    : `${value.isDisposed ? 'a disposed ' : ''}${value.dtype === 'float32' ? '' : `${value.dtype} of `}shape ${showShape(value.shape)}`
