/** Constraints of layers (`kernelConstraint`), which tfjs keeps beside a weight and never applies. */
import type * as tf from '@tensorflow/tfjs-core'
import { badArgument, nameOf } from '../errors.js'
import { constraintGave } from '../errors/shell.js'
import { isTensor, showShape } from '../tree/tensors.js'

/** A tfjs-layers weight, as far as constraints go. */
export interface ConstrainedWeight {
  readonly read: () => tf.Tensor
  readonly constraint?: { readonly apply: (weight: tf.Tensor) => tf.Tensor } | null | undefined
}

/** A tfjs-layers model, as far as constraints go. */
export interface ConstrainedModel {
  readonly weights: readonly ConstrainedWeight[]
}

export const readModel = (model: ConstrainedModel): ConstrainedModel => {
  if (Array.isArray((model as Partial<ConstrainedModel> | null)?.weights)) return model
  throw badArgument('constrain', 'model', 'a tfjs-layers model', model)
}

/** From a variable's new value to the value it gets. */
export type Constrain = (value: tf.Tensor, variable: tf.Variable) => tf.Tensor

type Constraint = NonNullable<ConstrainedWeight['constraint']>

/** tfjs-layers keeps the Variable of a weight under `val`, and does not let a disposed one be read. */
const isDisposed = (weight: ConstrainedWeight & { readonly val?: tf.Variable }): boolean =>
  weight.val?.isDisposed === true

/** The constraints of some models' weights. They are looked up at each step: layers may be built, replaced or disposed. */
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
