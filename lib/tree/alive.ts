/** Checks, before a call changes anything, that the backend can still compute and that tensors still have values. */
import * as tf from '@tensorflow/tfjs-core'
import { deviceLost, valuesLost } from '../errors/devices.js'
import { lossOf, lossOfValues, names } from './loss.js'
import { tensorsOf } from './map.js'

/** The backends seen so far, by name. */
const met = new Map<string, tf.KernelBackend>()

/** Whether a backend seen earlier has been removed, reset or lost, so that tensors may have lost their values. */
let isDoubtful = false

const meet = (): void => {
  const [name, now] = [tf.getBackend(), tf.backend()]
  const { registry } = tf.engine()
  for (const [of, backend] of met) if (registry[of] !== backend || lossOf(backend) !== null) isDoubtful = true
  met.set(name, now)
  names.set(now, name)
}

/** Throws, naming the path, if a tensor has lost its values. */
export const requireValues = (who: string, trees: Readonly<Record<string, unknown>>): void => {
  for (const [what, tree] of Object.entries(trees))
    for (const [path, tensor] of tensorsOf(tree)) {
      const how = tensor.isDisposed ? null : lossOfValues(tensor)
      if (how !== null) throw valuesLost(who, path === '' ? what : `leaf ${path} of ${what}`, how)
    }
}

/** Throws if the backend can no longer compute, or if a tensor in these trees has lost its values. */
export const requireAlive = (who: string, trees: Readonly<Record<string, unknown>> = {}): void => {
  const backend = tf.backend()
  const isNew = names.get(backend) === undefined
  meet()
  const how = lossOf(backend)
  if (how !== null) throw deviceLost(who, tf.getBackend(), how)
  if (isNew || isDoubtful) requireValues(who, trees)
}
