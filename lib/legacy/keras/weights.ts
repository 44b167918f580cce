/** All weights of a Keras optimizer: `iter`, the slots of the update, those of the user's own. */
import * as tf from '@tensorflow/tfjs-core'
import { readonlyArray as RA } from 'fp-ts'
import { badArgument } from '../../errors.js'
import { freshWeights, wrongWeights } from '../errors.js'
import type { NamedTensor } from '../../io/named.js'
import { disposeTree, tidy } from '../../tree/map.js'
import { isRecord } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'
import type { Loaded, LoadedSlot } from '../shell/bind.js'
import { emptyBook, type Book } from '../shell/book.js'
import type { Scalars } from '../shell/scalars.js'
import { listWeights, load, readIterations, readList, replaceWeights, slotList, type Weight } from '../shell/weights.js'
import { slotNamesOf, type Holder } from './ownSlots.js'

/** One weight, in any form that has values; what has no shape takes that of its place. */
export type WeightLike = NamedTensor | tf.Tensor | tf.TypedArray | number | readonly unknown[]

export const getAllWeights = (
  { program, book, loaded, own }: Holder,
  scalars: Scalars,
  prefix: string,
): NamedTensor[] => {
  const named = own.list.map(({ variable, slot, tensor }) => ({ name: `${prefix}/${variable}/${slot}`, tensor }))
  const waiting = own.waiting.map(({ name, value }) => ({ name, tensor: value }))
  return [
    { name: 'iter', tensor: scalars.of('iter', book.iterations) },
    ...listWeights(program, book, loaded, prefix, scalars),
    ...named,
    ...waiting,
  ]
}

/** A weight as a tensor. Flat values take the shape of their place if they are as many. */
const tensorOf = (who: string, weight: unknown, i: number, place: tf.Tensor | undefined): Weight => {
  if (isTensor(weight)) return { name: null, tensor: weight }
  if (isRecord(weight) && isTensor(weight['tensor'])) return weight as unknown as Weight
  if (typeof weight === 'number') return { name: null, tensor: tf.scalar(weight) }
  if (!Array.isArray(weight) && !ArrayBuffer.isView(weight))
    throw badArgument(who, `weights[${i}]`, 'a tensor, {name, tensor}, an array or a number', weight)
  const made = tf.tensor(weight as tf.TensorLike)
  const flat = made.rank === 1 && made.size === place?.size
  return { name: null, tensor: flat ? tf.reshape(made, place.shape) : made }
}

/** Keras stores `vhat` for an Adam that has none; a list with it is cut to the weights that are there. */
const withoutVhat = (weights: readonly Weight[], expected: number): readonly Weight[] => {
  const variables = Math.floor((expected - 1) / 2)
  return expected > 1 && weights.length === 3 * variables + 1 ? weights.slice(0, expected) : weights
}

/** The book and what waits, with these weights; the list given is not kept. */
export const setAllWeights = async (
  { program, book, loaded, own }: Holder,
  optimizer: string,
  strict: boolean,
  given: readonly WeightLike[],
): Promise<{ readonly book: Book; readonly loaded: Loaded }> => {
  const who = 'setWeights'
  if (!Array.isArray(given)) throw badArgument(who, 'weights', 'a list', given)
  const places = slotList(program, book)
  const all = [...places, ...own.list].map(({ tensor }) => tensor)
  const fresh = places.length === 0
  if (fresh && strict && given.length > 0) throw freshWeights(who, optimizer, given.length)
  const scope = tidy(() =>
    given.map((weight: unknown, i) => tensorOf(who, weight, i, i === 0 ? undefined : all[i - 1])),
  )
  const made = scope.flatMap(({ tensor }, i) => {
    const original = (given as readonly unknown[])[i]
    const passed = isTensor(original) || (isRecord(original) && original['tensor'] === tensor)
    return passed ? [] : [tensor]
  })
  try {
    const listed = readList(who, scope)
    const list = fresh ? listed : withoutVhat(listed, all.length + 1)
    if (fresh && list.length === 0) return { book, loaded }
    const iterations = await readIterations(who, list[0])
    if (!fresh && list.length !== all.length + 1) throw wrongWeights(who, optimizer, list.length, all.length + 1)
    const read = await load(who, optimizer, list)
    if (!fresh) return { book: replaceWeights(who, optimizer, program, book, iterations, read, own.list), loaded }
    const { ofUpdate, others } = split(read, slotNamesOf(program))
    own.load(who, optimizer, others)
    disposeTree([loaded.slots.map(({ value }) => value), [...loaded.loose.values()]])
    return { book: { ...emptyBook, iterations }, loaded: { ...read, slots: ofUpdate } }
  } finally {
    disposeTree(made)
  }
}

/** Weights that wait for the update's slots, all of those without names, and those of others. */
const split = (
  { slots }: Loaded,
  known: readonly string[],
): { readonly ofUpdate: readonly LoadedSlot[]; readonly others: readonly LoadedSlot[] } => {
  const isOurs = ({ variable, slot }: LoadedSlot): boolean => variable === null || known.includes(slot)
  const { left, right } = RA.partition(isOurs)(slots)
  return { ofUpdate: right, others: left }
}
