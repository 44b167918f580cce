/** Weights that were loaded and wait. What reads and places them comes with the first list, since most runs load none. */
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

/** Weights set before the variables they belong to were seen. */
export interface Loaded {
  readonly slots: readonly LoadedSlot[]
  /** what belongs to no variable, by path: tensors of the state, and its numbers as scalars */
  readonly loose: ReadonlyMap<string, tf.Variable>
  /** the values of those that may be numbers: only the state tells which are */
  readonly hosts: ReadonlyMap<string, Host>
  /** finds their places; null where nothing waits */
  readonly take: TakeWeights | null
}

/** The weights that the new slots of a book take, by the tensors they replace, and those that go on waiting. */
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

/** A weight of a list; a tensor alone has no name. */
export interface Weight {
  readonly name: string | null
  readonly tensor: tf.Tensor
}

/** Weights as given to `setWeights`, checked one by one. */
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

/** Whether something counts steps. */
export const isCount = (u: unknown): u is number => Number.isSafeInteger(u) && (u as number) >= 0

/** A list on handles of its own, which a caller who disposes what was given cannot take away; and their end. */
export const holdList = (who: string, given: unknown) => {
  const list = readList(who, given).map(({ name, tensor }): Weight => ({ name, tensor: tf.keep(share(tensor)) }))
  const free = (): void => {
    disposeTree(list.map(({ tensor }) => tensor))
  }
  return { list, free }
}
