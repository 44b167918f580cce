/** Computes the gradients of a loss. */
import * as tf from '@tensorflow/tfjs-core'
import { lossNotScalar, nameOf } from '../errors.js'
import { noGradientsGiven, notALossFunction, notAVariable } from '../errors/shell.js'
import { tidy } from '../tree/map.js'
import { isTensor, isVariable, showShape } from '../tree/tensors.js'

/** A Variable, any nesting of lists of them, or a function that returns these. */
export type VariableList = tf.Variable | readonly VariableList[] | (() => VariableList)

/** The Variables of a list, in order. */
export const readVariables = (who: string, list: unknown): readonly tf.Variable[] => {
  const given: unknown = typeof list === 'function' ? (list as () => unknown)() : list
  if (Array.isArray(given)) return Array.from(given, item => readVariables(who, item)).flat()
  if (!isVariable(given)) throw notAVariable(who, given)
  return [given]
}

export interface LossGradients {
  readonly value: tf.Tensor
  readonly pairs: readonly (readonly [gradient: tf.Tensor | null, variable: tf.Variable])[]
}

/** The loss function with a check that its result is a scalar. */
export const scalarLoss = (who: string, f: unknown): (() => tf.Scalar) => {
  if (typeof f !== 'function') throw notALossFunction(who, f)
  return () => {
    const value = (f as () => unknown)()
    if (!isTensor(value)) throw lossNotScalar(who, nameOf(value))
    if (value.rank !== 0) throw lossNotScalar(who, `shape ${showShape(value.shape)}`)
    return value as tf.Scalar
  }
}

/** The gradients of the trainable variables that the loss depends on. Throws if it depends on none. */
export const gradientsBy = (
  who: string,
  loss: () => tf.Scalar,
  variables: readonly tf.Variable[],
): { readonly value: tf.Scalar; readonly gradients: ReadonlyMap<tf.Variable, tf.Tensor> } => {
  const trained = [...new Set(variables)].filter(({ trainable }) => trainable)
  const none = () =>
    noGradientsGiven(
      who,
      variables.map(({ name }) => name),
    )
  if (trained.length === 0) throw none()
  const found = tf.engine().gradients<tf.Scalar>(loss, trained, undefined, true)
  const given = found.grads as readonly (tf.Tensor | null)[]
  const pairs = trained.flatMap((variable, i) => (given[i] ? [[variable, given[i]] as const] : []))
  if (pairs.length === 0) throw none()
  return { value: found.value, gradients: new Map(pairs) }
}

/** Every trainable Variable that tfjs has registered. */
export const allTrainable = (): readonly tf.Variable[] =>
  Object.values(tf.engine().registeredVariables).filter(({ trainable }) => trainable)

/** The loss and its gradients, for all trainable variables that the loss depends on, or for those of a list. */
export const lossGradients = (who: string, f: unknown, varList?: VariableList): LossGradients =>
  // In a tidy, so that a call that throws leaks nothing.
  tidy(() => {
    const list = varList === undefined ? undefined : readVariables(who, varList)
    const { value, gradients } = gradientsBy(who, scalarLoss(who, f), list ?? allTrainable())
    const variables = list ?? [...gradients.keys()]
    return { value, pairs: variables.map(variable => [gradients.get(variable) ?? null, variable] as const) }
  })

/** Runs a step and frees the gradients; returns the loss if `returnCost`, and frees it otherwise. */
export const stepOnLoss = (
  { value, pairs }: LossGradients,
  step: () => unknown,
  returnCost: boolean,
): tf.Scalar | null => {
  try {
    step()
  } catch (cause) {
    value.dispose()
    throw cause
  } finally {
    tf.dispose(pairs.flatMap(([gradient]) => gradient ?? []))
  }
  if (returnCost) return value as tf.Scalar
  value.dispose()
  return null
}
