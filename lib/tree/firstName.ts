/**
 * First names: the names that the user gave to weights, before tfjs made them unique.
 *
 * tfjs-layers makes the names of weights unique: when a model is built or loaded again, its `head/kernel` is called
 * `head/kernel_1`, then `head/kernel_2`. The count covers all weights since the process began, disposed ones too. The
 * `LayerVariable` keeps the first name as `originalName`, but the Variable in it, which is all that an optimizer sees,
 * has only the unique name. tfjs-core changes no name; it refuses one that is taken.
 *
 * The rule: a key of a tree comes from tfjs if it is the name of a Variable, either its own leaf or a registered one.
 * Its first name is the one that `paramsOf` read from the model. Without that, a name with a slash loses one `_1`,
 * `_2`, … at its end, since layers put their own name and a slash in front. Any other key is the user's and stays.
 *
 * So weights that a custom layer itself calls `w_1` and `w_2` keep these names only if `paramsOf` has seen the model.
 */
import * as tf from '@tensorflow/tfjs-core'
import { pathsOf, type Structure } from './structure.js'
import { isVariable } from './tensors.js'

// tfjs counts from 1 and writes no leading zeros.
const suffix = /_[1-9]\d*$/

const known = new WeakMap<tf.Variable, string>()

/** Effects: records `name` as the first name of this Variable. */
export const knowName = (variable: tf.Variable, name: string): void => {
  known.set(variable, name)
}

const registered = (name: string): tf.Variable | null => {
  const variables = tf.engine().registeredVariables
  return Object.hasOwn(variables, name) ? (variables[name] ?? null) : null
}

/** The first name of a key whose value is this leaf. */
export const firstName = (key: string, leaf: unknown): string => {
  if (!suffix.test(key)) return key
  const variable = isVariable(leaf) ? leaf : registered(key)
  if (variable?.name !== key) return key
  return known.get(variable) ?? (key.includes('/') ? key.replace(suffix, '') : key)
}

/** Whether the first names of all leaves are their paths, whatever the leaves are. */
export const haveOwnNames = (structure: Structure): boolean => !pathsOf(structure).some(path => suffix.test(path))

/** The paths of all leaves as masks see them: the last key of each is replaced by its first name. */
export const namesOf = (structure: Structure, leaves: readonly unknown[]): readonly string[] =>
  pathsOf(structure, (key, i) => firstName(key, leaves[i]))

/** `namesOf`, but tfjs's names if two leaves have the same first name, as in two models. */
export const distinctNames = (structure: Structure, leaves: readonly unknown[]): readonly string[] => {
  const names = namesOf(structure, leaves)
  return new Set(names).size === names.length ? names : pathsOf(structure)
}
