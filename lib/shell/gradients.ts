/** Reads gradients in tfjs's forms: a map or a list by variable name, where null and undefined sit out the step. */
import * as tf from '@tensorflow/tfjs-core'
import { badArgument, notATensor } from '../errors.js'
import { givenTwice, unknownVariable } from '../errors/shell.js'
import { isRecord } from '../tree/structure.js'
import { isTensor } from '../tree/tensors.js'

/** The Variable that tfjs has registered under a name. */
export const variableNamed = (who: string, name: string): tf.Variable => {
  const { registeredVariables } = tf.engine()
  const variable = Object.hasOwn(registeredVariables, name) ? registeredVariables[name] : undefined
  if (variable === undefined) throw unknownVariable(who, name)
  return variable
}

const entriesOf = (who: string, gradients: unknown): readonly (readonly [name: string, gradient: unknown])[] => {
  if (isRecord(gradients)) return Object.entries(gradients)
  if (!Array.isArray(gradients)) throw badArgument(who, 'gradients', 'a map or a list of {name, tensor}', gradients)
  return gradients.map((item: unknown, i) => {
    if (!isRecord(item) || typeof item['name'] !== 'string')
      throw badArgument(who, `gradients[${i}]`, '{name, tensor}', item)
    return [item['name'], item['tensor']] as const
  })
}

/** The gradients that are present, by Variable, in the order given. */
export const gradientsOf = (who: string, gradients: unknown): ReadonlyMap<tf.Variable, tf.Tensor> => {
  const found = new Map<tf.Variable, tf.Tensor>()
  for (const [name, gradient] of entriesOf(who, gradients)) {
    if (gradient === null || gradient === undefined) continue
    if (!isTensor(gradient)) throw notATensor(who, name, 'gradients', gradient)
    const variable = variableNamed(who, name)
    if (found.has(variable)) throw givenTwice(who, name)
    found.set(variable, gradient)
  }
  return found
}
