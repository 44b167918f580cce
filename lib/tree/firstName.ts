/**
 * The names that a user gave, where tfjs has given others.
 *
 * tfjs-layers makes the names of weights unique: a model that is built or loaded again has `head/kernel_1`, then
 * `head/kernel_2`, where `head/kernel` was asked for. It counts all weights since the process began, so the first one may
 * be disposed long since. The `LayerVariable` keeps what was asked for as `originalName`, but the Variable in it, which is
 * all that an optimizer sees, has the unique name only. tfjs-core changes no name; it refuses one that is taken.
 *
 * The rule: a key of a tree is tfjs's if it is the name of a Variable, that of its leaf or a registered one. Its first
 * name is what `paramsOf` has read from the model; else, since layers put their own name and a slash in front, a name
 * with a slash loses one `_1`, `_2`, … at its end. Any other key is the user's, and stays as it is.
 *
 * So a layer of one's own that calls weights `w_1` and `w_2` is only known right once `paramsOf` has seen its model.
 */
import * as tf from '@tensorflow/tfjs-core'
import { joinPath, type Structure } from './structure.js'
import { isVariable } from './tensors.js'

// tfjs counts from 1 and writes no leading zeros.
const suffix = /_[1-9]\d*$/

const known = new WeakMap<tf.Variable, string>()

/** Effects: the first name of this Variable is `name` from now on. */
export const knowName = (variable: tf.Variable, name: string): void => {
  known.set(variable, name)
}

const registered = (name: string): tf.Variable | null => {
  const variables = tf.engine().registeredVariables
  return Object.hasOwn(variables, name) ? (variables[name] ?? null) : null
}

/** The first name of a key with this leaf below it. */
export const firstName = (key: string, leaf: unknown): string => {
  if (!suffix.test(key)) return key
  const variable = isVariable(leaf) ? leaf : registered(key)
  if (variable?.name !== key) return key
  return known.get(variable) ?? (key.includes('/') ? key.replace(suffix, '') : key)
}

/** The paths of all leaves as masks see them: the last key of each by its first name. */
export const namesOf = (structure: Structure, leaves: readonly unknown[]): readonly string[] => {
  const names: string[] = []
  const walk = (s: Structure, path: string, key: string | number | null): void => {
    if (s.kind === 'leaf') {
      const leaf = leaves[names.length]
      names.push(key === null ? path : joinPath(path, typeof key === 'string' ? firstName(key, leaf) : key))
      return
    }
    const inside = key === null ? path : joinPath(path, key)
    s.items.forEach((item, i) => walk(item, inside, s.kind === 'record' ? (s.keys[i] ?? '') : i))
  }
  walk(structure, '', null)
  return names
}
