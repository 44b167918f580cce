/** Checks, before a call changes anything, that the backend can still compute and that tensors still have values. */
import * as tf from '@tensorflow/tfjs-core'
import { deviceLost, valuesLost } from '../errors/devices.js'
import { dead, holdsNothing, type Dead } from './dead.js'
import { lossOf, lossOfValues, names } from './loss.js'
import { tensorLeaves, tensorsOf } from './map.js'

/** The backends seen so far that have not been lost, by name. */
const met = new Map<string, tf.KernelBackend>()

/** Backends that have been removed or lost, while any tensor may still be theirs. */
let gone: readonly Dead[] = []

/** The state of tfjs; `tf.engine().reset()` makes another one. */
let state: object | null = null
/** Whether tfjs was reset, which leaves no trace of the tensors from before. */
let wasReset = false

const meet = (): void => {
  const [name, now, engine] = [tf.getBackend(), tf.backend(), tf.engine()]
  wasReset ||= state !== null && engine.state !== state
  state = engine.state
  for (const [of, backend] of met)
    if (engine.registry[of] !== backend || lossOf(backend) !== null) {
      met.delete(of)
      gone = [...gone, dead(backend)]
    }
  if (met.get(name) === now) return
  if (lossOf(now) === null) met.set(name, now)
  names.set(now, name)
}

/** Whether tensors may have lost their values. A call has to look at its tensors then. */
const isDoubtful = (): boolean => {
  if (gone.length > 0) gone = gone.filter(backend => !holdsNothing(backend))
  return wasReset || gone.length > 0
}

let looked = 0
/** How many trees were searched for lost values so far: while no backend is lost, no step adds to it. */
export const searchedTrees = (): number => looked

/** Throws, naming the path, if a tensor has lost its values. */
export const requireValues = (who: string, trees: Readonly<Record<string, unknown>>): void => {
  for (const [what, tree] of Object.entries(trees)) {
    looked += 1
    if (tensorLeaves(tree, who).every(isSound)) continue
    const [path, tensor] = tensorsOf(tree).find(([, one]) => !isSound(one)) ?? []
    const how = tensor && lossOfValues(tensor)
    if (how) throw valuesLost(who, path === undefined || path === '' ? what : `leaf ${path} of ${what}`, how)
  }
}

const isSound = (tensor: tf.Tensor): boolean => tensor.isDisposed || lossOfValues(tensor) === null

/** Throws if the backend can no longer compute, or if a tensor in these trees has lost its values. */
export const requireAlive = (who: string, trees: Readonly<Record<string, unknown>> = {}): void => {
  const backend = tf.backend()
  const isNew = names.get(backend) === undefined
  meet()
  const how = lossOf(backend)
  if (how !== null) throw deviceLost(who, tf.getBackend(), how)
  if (isNew || isDoubtful()) requireValues(who, trees)
}
