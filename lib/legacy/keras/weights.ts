/** Reads lists of weights in the forms of Keras's `set_weights`. */
import * as tf from '@tensorflow/tfjs-core'
import { badArgument } from '../../errors.js'
import { scalarOf } from '../../io/hostTensor.js'
import type { NamedTensor } from '../../io/named.js'
import type { Program } from '../../program/program.js'
import type { Book } from '../../shell/book.js'
import type { Loaded } from '../../shell/loaded.js'
import { slotList } from '../../shell/weights.js'
import { disposeTree, tidy } from '../../tree/map.js'
import { isRecord } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'
import { freshWeights, tfjsSlot } from '../errors.js'

/** One weight, in any form that has values; without a shape it takes that of its slot. */
export type WeightLike = NamedTensor | tf.Tensor | tf.TypedArray | number | readonly unknown[]

/** A weight as a tensor. A flat list takes the shape of its slot if that has as many elements. */
const tensorOf = (who: string, weight: unknown, i: number, place: tf.Tensor | undefined): unknown => {
  if (isTensor(weight) || (isRecord(weight) && isTensor(weight['tensor']))) return weight
  if (typeof weight === 'number') return i === 0 ? scalarOf(weight) : tf.scalar(weight)
  if (!Array.isArray(weight) && !ArrayBuffer.isView(weight))
    throw badArgument(who, `weights[${i}]`, 'a tensor, {name, tensor}, an array or a number', weight)
  const made = tf.tensor(weight as tf.TensorLike)
  return made.rank === 1 && made.size === place?.size ? tf.reshape(made, place.shape) : made
}

/** Drops `vhat` from a list of three slots per variable for an Adam with two, as Keras does. */
const withoutVhat = <W>(weights: readonly W[], expected: number): readonly W[] => {
  const variables = Math.floor((expected - 1) / 2)
  return expected > 1 && weights.length === 3 * variables + 1 ? weights.slice(0, expected) : weights
}

/** The weights of a list as tensors; `free` disposes those that were made here. */
export const weightList = (who: string, program: Program, book: Book, weights: unknown) => {
  if (!Array.isArray(weights)) throw badArgument(who, 'weights', 'a list', weights)
  const places = slotList(program, book)
  const given = weights as readonly unknown[]
  const made = tidy(() => Array.from(given, (weight, i) => tensorOf(who, weight, i, places[i - 1]?.tensor)))
  const free = (): void => {
    disposeTree(made.filter((tensor, i) => isTensor(tensor) && tensor !== given[i]))
  }
  return { list: book.variables.length === 0 ? made : withoutVhat(made, places.length + 1), free }
}

/** With `strict`, refuses weights before there are slots, as Keras does. */
export const checkStrict = (who: string, optimizer: string, book: Book, weights: unknown): void => {
  if (Array.isArray(weights) && weights.length > 0 && book.variables.length === 0)
    throw freshWeights(who, optimizer, weights.length)
}

/** Throws for weights of tfjs's own optimizers that have the name of a slot here but another meaning. */
export const checkOrigin =
  (who: string, optimizer: string, tfjs: Readonly<Record<string, string>>) =>
  ({ slots }: Loaded): void => {
    const found = slots.find(({ bare, slot }) => bare === true && Object.hasOwn(tfjs, slot))
    if (found !== undefined) throw tfjsSlot(who, found.name, optimizer, tfjs[found.slot] ?? '')
  }
