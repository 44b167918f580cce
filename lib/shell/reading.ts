/** Reads lists of weights, `iter` first. */
import * as tf from '@tensorflow/tfjs-core'
import { badFile } from '../errors.js'
import { requireValues } from '../tree/alive.js'
import { whileAlive } from '../tree/loss.js'
import { hostOf, isHostTensor } from '../io/hostTensor.js'
import type { Host } from '../io/text.js'
import { showShape } from '../tree/tensors.js'
import { isCount, type Loaded, type Weight } from './loaded.js'
import type { LoadedSlot } from './places.js'
import { take } from './take.js'

const hostIn = async (who: string, name: string, tensor: tf.Tensor): Promise<Host> =>
  hostOf(who, name, tensor.dtype, await firstOf<'int32' | 'bool' | 'string'>(who, name, tensor))

/** The first value of a tensor; throws if its device is lost. */
const firstOf = async <D extends tf.DataType>(who: string, name: string, tensor: tf.Tensor) => {
  requireValues(who, { [name]: tensor })
  return (await whileAlive(who, () => tensor.data<D>()))[0]
}

const withoutOutput = (name: string): string => name.replace(/:0$/, '')

/** The count of steps, which is the first weight of a list. */
const readIterations = async (who: string, first: Weight | undefined): Promise<number> => {
  const refuse = (got: string): Error =>
    badFile(who, `the first weight must be the scalar iter, a whole number of steps, got ${got}`)
  if (first === undefined) throw refuse('nothing')
  const { name, tensor } = first
  if (tensor.size !== 1 || (name !== null && withoutOutput(name).split('/').at(-1) !== 'iter'))
    throw refuse(`${name ?? 'a tensor'} of shape ${showShape(tensor.shape)}`)
  const value = isHostTensor(tensor) ? await hostIn(who, 'iter', tensor) : await firstOf<'float32'>(who, 'iter', tensor)
  if (!isCount(value)) throw refuse(typeof value === 'string' ? JSON.stringify(value) : String(value))
  return value
}

/**
 * The variable and slot of a name such as `Adam/dense/kernel/m`; without a variable, the weight belongs to the state as
 * a whole. Keras sometimes omits the prefix.
 */
const placeOf = (prefixes: readonly string[], full: string) => {
  const name = withoutOutput(full)
  const prefix = prefixes.find(one => name.startsWith(`${one}/`))
  const inner = prefix === undefined ? name : name.slice(prefix.length + 1)
  const cut = inner.lastIndexOf('/')
  if (cut < 0) return { variable: null, slot: inner, bare: false }
  const bare = prefix === undefined && name === full
  return { variable: inner.slice(0, cut), slot: inner.slice(cut + 1), bare }
}

/** The possible prefixes of names in a list: the name of this optimizer, or of the one that wrote the list. */
const prefixesOf = (own: string, first: Weight | undefined): readonly string[] => {
  const written = first?.name?.split('/').slice(0, -1).join('/') ?? ''
  return written === '' ? [own] : [own, written]
}

/** A handle of the optimizer's own, since the loader disposes the tensor that it passed. */
const own = (tensor: tf.Tensor): tf.Variable => tf.variable(tensor, false)

/**
 * The count and the weights of a list, on handles of the optimizer's own. Nothing is allocated if the list is wrong.
 */
export const readWeights = async (who: string, optimizer: string, list: readonly Weight[]) => {
  const [first, ...weights] = list
  const iterations = await readIterations(who, first)
  const prefixes = prefixesOf(optimizer, first)
  const placed = await Promise.all(
    weights.map(async ({ name, tensor }) => {
      const place = name === null ? { variable: null, slot: '', bare: false } : placeOf(prefixes, name)
      const isLoose = name !== null && place.variable === null
      const host = isLoose && isHostTensor(tensor) ? await hostIn(who, name, tensor) : null
      return { name, tensor, ...place, isLoose, host }
    }),
  )
  const loose = placed.filter(({ isLoose }) => isLoose)
  const loaded: Loaded = {
    take,
    slots: placed.flatMap(({ name, tensor, isLoose, variable, slot, bare }, i): LoadedSlot[] =>
      isLoose ? [] : [{ name: name ?? `weight ${i + 1}`, variable, slot, bare, value: own(tensor) }],
    ),
    hosts: new Map(loose.flatMap(({ slot, host }) => (host === null ? [] : [[slot, host]]))),
    loose: new Map(loose.map(({ slot, tensor }) => [slot, own(tensor)])),
  }
  return { iterations, loaded }
}
