/** Puts the tensors of a tree into the Variables of a tfjs-layers model. */
import type * as tf from '@tensorflow/tfjs-core'
import { checked } from './call/checked.js'
import { badArgument, disposedLeaf, dtypeMismatch, extraKey, missingKey, notATensor, shapeMismatch } from './errors.js'
import { paramsOf, type ModelLike } from './grad.js'
import { firstName } from './tree/firstName.js'
import { checkAssignment, requireDevice, share } from './tree/ownership.js'
import { isRecord } from './tree/structure.js'
import { isTensor, showShape } from './tree/tensors.js'

const who = 'setParams'
const [what, than] = ['params', 'the model']

type Variables = Readonly<Record<string, tf.Variable>>

/**
 * Puts the tensors of a tree into the trainable weights of a tfjs-layers model: the inverse of `paramsOf`. The keys are
 * those of `paramsOf(model)`, so what was taken from a model fits one that is built or loaded a second time. A null
 * leaves its weight as it is.
 *
 * The model's own Variables are assigned and nothing is copied: weights and tensors share their memory until a step
 * replaces it. The tensors stay yours, and may be disposed at once. Weights that are not trained, such as the
 * statistics of batch normalization, are not among the parameters; neither is the state of an optimizer.
 *
 * @throws ValueError naming the weight for one that is missing or surplus, or of another shape; TypeError for another
 * dtype, and for what is no tensor; RuntimeError for a disposed tensor, and while tfjs takes gradients. Then nothing
 * has changed.
 * @source Keras `model.set_weights`, by name in place of position; torch `load_state_dict`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mapTree, paramsOf, setParams } from 'tfjs-optax'
 * const build = () => sequential({ layers: [layers.dense({ units: 1, inputShape: [3], name: 'head' })] })
 * const [first, second] = [build(), build()]
 * setParams(second, paramsOf(first)) // though tfjs calls the second's weights head/kernel_1, head/bias_1
 * setParams(first, mapTree(paramsOf(first), weight => tf.zeros(weight.shape)))
 * const values = paramsOf(first)['head/bias']
 * // values is [0]
 */
export const setParams = /* @__PURE__ */ checked(
  { who, takes: ['model', 'params'] },
  (model: ModelLike, params: Readonly<Record<string, tf.Tensor | null>>): void => {
    if (!isRecord(params)) throw badArgument(who, 'params', 'a record of tensors by the names of paramsOf', params)
    requireDevice(who, { params })
    const variables = paramsOf(model)
    checkAssignment(who, variables)
    const fitting = pairsOf(variables, params).flatMap(([key, variable, value]) =>
      value === null ? [] : [[variable, checkedValue(key, variable, value)] as const],
    )
    // Handles of their own first, since a value may be another of the model's Variables.
    const pairs = fitting.map(([variable, value]) => [variable, share(value)] as const)
    for (const [variable, value] of pairs) variable.assign(value)
    for (const [, value] of pairs) value.dispose()
  },
)

type Assignment = readonly [key: string, variable: tf.Variable, value: unknown]

const pairsOf = (variables: Variables, params: Readonly<Record<string, unknown>>): readonly Assignment[] => {
  const keys = Object.keys(variables)
  const renamed = keys.every(key => Object.hasOwn(params, key)) ? null : inOrder(variables, Object.keys(params))
  const keyOf = (key: string): string => renamed?.get(key) ?? key
  const taken = new Set(keys.map(keyOf))
  for (const key of Object.keys(params)) if (!taken.has(key)) throw extraKey(who, key, what, than)
  return Object.entries(variables).map(([key, variable]) => {
    if (!Object.hasOwn(params, keyOf(key))) throw missingKey(who, key, what, than)
    return [keyOf(key), variable, params[keyOf(key)]]
  })
}

/**
 * Keys for a model in which weights share a first name, so that `paramsOf` tells them apart by the numbers that tfjs
 * appends: `block/kernel` and `block/kernel_1`. In a second such model the numbers are others, but they grow in the same
 * order. Null where that order does not tell every weight.
 */
const inOrder = (variables: Variables, given: readonly string[]): ReadonlyMap<string, string> | null => {
  const ours = Object.entries(variables).map(([key, variable]) => [firstName(key, variable), key] as const)
  const names = new Set(ours.map(([first]) => first))
  if (names.size === ours.length) return null
  const theirs = given.map(key => [names.has(key) ? key : key.replace(/_\d+$/, ''), key] as const)
  const found = new Map<string, string>()
  for (const name of names) {
    const [own, other] = [ours, theirs].map(all => numbered(all.filter(([first]) => first === name)))
    if (own === undefined || own.length !== other?.length) return null
    own.forEach((key, i) => found.set(key, other[i] ?? key))
  }
  return found
}

/** Keys in the order of the numbers at their ends; none is before 1. */
const numbered = (named: readonly (readonly [first: string, key: string])[]): readonly string[] => {
  const numberOf = ([first, key]: readonly [string, string]): number => Number(key.slice(first.length + 1))
  return [...named].sort((a, b) => numberOf(a) - numberOf(b)).map(([, key]) => key)
}

const checkedValue = (key: string, variable: tf.Variable, value: unknown): tf.Tensor => {
  if (!isTensor(value)) throw notATensor(who, key, what, value)
  if (value.isDisposed) throw disposedLeaf(who, key, what)
  const [got, has] = [showShape(value.shape), showShape(variable.shape)]
  if (got !== has) throw shapeMismatch(who, key, what, got, than, has)
  if (value.dtype !== variable.dtype) throw dtypeMismatch(who, key, what, value.dtype, variable.dtype)
  return value
}
