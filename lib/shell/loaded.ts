/**
 * Loaded weights that wait for their variables. Most runs load none, so the code that reads and places them is imported
 * later.
 */
import * as tf from '@tensorflow/tfjs-core'
import { badArgument, disposedLeaf, nameTwice } from '../errors.js'
import type { Host } from '../io/text.js'
import type { Program } from '../program/program.js'
import { disposeTree } from '../tree/map.js'
import { share } from '../tree/ownership.js'
import { isRecord } from '../tree/structure.js'
import { isTensor } from '../tree/tensors.js'
import type { Book } from './book.js'
import type { LoadedSlot, Waiting } from './places.js'

/** Weights that were set before their variables were seen. */
export interface Loaded {
  readonly slots: readonly LoadedSlot[]
  /** weights of no variable, by path: tensors of the state, and its numbers as scalars */
  readonly loose: ReadonlyMap<string, tf.Variable>
  /** the values of those that may be numbers; which are, only the state tells */
  readonly hosts: ReadonlyMap<string, Host>
  /** finds their places; null until weights are loaded */
  readonly take: TakeWeights | null
}

/** Returns the weights for the new slots of a book, by the tensors they replace, and those that keep waiting. */
export type TakeWeights = (
  loaded: Loaded,
  program: Program,
  joined: Book,
  news: readonly Waiting[],
  first: boolean,
) => { readonly takes: ReadonlyMap<tf.Tensor, tf.Variable>; readonly rest: readonly LoadedSlot[] }

export const nothingLoaded: Loaded = Object.freeze({ slots: [], loose: new Map(), hosts: new Map(), take: null })

export const freeLoaded = ({ slots, loose }: Loaded): void => {
  disposeTree([slots.map(({ value }) => value), [...loose.values()]])
}

/** A weight of a list; a bare tensor has no name. */
export interface Weight {
  readonly name: string | null
  readonly tensor: tf.Tensor
}

/** The weights given to `setWeights`, checked one by one. */
const readList = (who: string, list: unknown): readonly Weight[] => {
  if (!Array.isArray(list)) throw badArgument(who, 'weights', 'a list of named tensors', list)
  const taken = new Set<string>()
  return Array.from(list, (item: unknown, i) => {
    const weight = isTensor(item) ? { name: null, tensor: item } : item
    if (!isRecord(weight) || !isTensor(weight['tensor']) || !['string', 'object'].includes(typeof weight['name']))
      throw badArgument(who, `weights[${i}]`, 'a tensor or {name, tensor}', item)
    const { name, tensor } = weight as unknown as Weight
    if (tensor.isDisposed) throw disposedLeaf(who, name ?? String(i), 'weights')
    if (name !== null && taken.has(name)) throw nameTwice(who, name)
    taken.add(name ?? '')
    return { name, tensor }
  })
}

/** Whether something is a valid count of steps. */
export const isCount = (u: unknown): u is number => Number.isSafeInteger(u) && (u as number) >= 0

/** The list on new handles, which survive if the caller disposes the tensors given, and a function that frees them. */
export const holdList = (who: string, given: unknown) => {
  const list = readList(who, given).map(({ name, tensor }): Weight => ({ name, tensor: tf.keep(share(tensor)) }))
  const free = (): void => {
    disposeTree(list.map(({ tensor }) => tensor))
  }
  return { list, free }
}
