/** All weights of a Keras optimizer: `iter`, the slots of the update, those of the user's own. */
import * as tf from '@tensorflow/tfjs-core'
import { readonlyArray as RA } from 'fp-ts'
import { badArgument } from '../../errors.js'
import { freshWeights, loadedSlotUnknown } from '../errors.js'
import type { NamedTensor } from '../../io/named.js'
import { disposeTree, tidy } from '../../tree/map.js'
import { isRecord } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'
import type { Loaded, LoadedSlot } from '../shell/bind.js'
import { emptyBook, type Book } from '../shell/book.js'
import type { Scalars } from '../shell/scalars.js'
import {
  hold,
  listWeights,
  load,
  readIterations,
  readList,
  replaceWeights,
  slotList,
  type Weight,
} from '../shell/weights.js'
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

/**
 * The book and what waits, with these weights; the list given is not kept. Values are taken at once, and the optimizer is
 * looked at again, by `now`, when they are read: it may have gone on meanwhile.
 */
export const setAllWeights = async (
  now: () => Holder,
  optimizer: string,
  strict: boolean,
  given: readonly WeightLike[],
): Promise<{ readonly book: Book; readonly loaded: Loaded }> => {
  const who = 'setWeights'
  if (!Array.isArray(given)) throw badArgument(who, 'weights', 'a list', given)
  const before = now()
  const places = placesOf(before)
  const isFresh = slotList(before.program, before.book).length === 0
  if (isFresh && strict && given.length > 0) throw freshWeights(who, optimizer, given.length)
  const { list, free } = tidy(() => {
    const read = readList(
      who,
      given.map((weight: unknown, i) => tensorOf(who, weight, i, i === 0 ? undefined : places[i - 1])),
    )
    return hold(isFresh ? read : withoutVhat(read, places.length + 1))
  })
  try {
    if (isFresh && list.length === 0) return before
    const iterations = await readIterations(who, list[0])
    const read = await load(who, optimizer, list)
    try {
      return settle(now(), who, optimizer, iterations, read)
    } catch (cause) {
      disposeTree([read.slots.map(({ value }) => value), [...read.loose.values()]])
      throw cause
    }
  } finally {
    free()
  }
}

const placesOf = ({ program, book, own }: Holder): readonly tf.Tensor[] =>
  [...slotList(program, book), ...own.list].map(({ tensor }) => tensor)

/** What was read, in the optimizer as it is. */
const settle = (
  { program, book, loaded, own }: Holder,
  who: string,
  optimizer: string,
  iterations: number,
  read: Loaded,
): { readonly book: Book; readonly loaded: Loaded } => {
  if (slotList(program, book).length > 0)
    return { book: replaceWeights(who, optimizer, program, book, iterations, read, own.list), loaded }
  const known = slotNamesOf(program)
  const { ofUpdate, others } = split(read, known)
  const isOwn = (weight: LoadedSlot): boolean => own.list.some(({ slot }) => slot === weight.slot)
  const [stranger] = others.filter(weight => !isOwn(weight))
  if (stranger !== undefined && known.length > 0 && ofUpdate.length === 0)
    throw loadedSlotUnknown(stranger.name, stranger.slot, known)
  own.load(who, optimizer, others)
  disposeTree([loaded.slots.map(({ value }) => value), [...loaded.loose.values()]])
  return { book: { ...emptyBook, iterations }, loaded: { ...read, slots: ofUpdate } }
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
