/** The weights of a stateful optimizer as tfjs's named tensors, `iter` first, and back. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F } from 'fp-ts'
import { badArgument, badFile, disposedLeaf, nameTwice } from '../../errors.js'
import { loadedShape, loadedSlotUnknown, wrongWeights } from '../errors.js'
import { HostText, isHost, type Host } from '../../io/host.js'
import type { NamedTensor } from '../../io/named.js'
import { disposeTree } from '../../tree/map.js'
import { share } from '../../tree/ownership.js'
import { isRecord } from '../../tree/structure.js'
import { isTensor, isVariable, showShape } from '../../tree/tensors.js'
import type { Program } from '../../program/program.js'
import { checkFits, restoreHosts, type Loaded, type LoadedSlot } from './bind.js'
import { atIterations, slotsOf, type Book } from './book.js'
import type { Scalars } from './scalars.js'
import { partsOf } from './state.js'

const counter = 'iter'

/** The slots of a book in the order of their creation; each is a live Variable. */
export const slotList = (program: Program, { state, variables, order }: Book) => {
  if (state === null) return []
  const slots = slotsOf(
    program,
    state,
    variables.map(({ name }) => name),
  )
  const found = new Map(slots.map(slot => [`${slot.variable}\n${slot.path}`, slot]))
  return order.flatMap(({ variable, path }) => found.get(`${variable}\n${path}`) ?? [])
}

/** What of a state belongs to no variable: tensors, and numbers, counts among them. */
const allLoose = (program: Program, { state, variables }: Book) => {
  const names = variables.map(({ name }) => name)
  const { counts, loose } = state === null ? { counts: [], loose: [] } : partsOf(program, state, names)
  return {
    counts: counts.map(({ path, count }) => [path, count] as const),
    others: loose.flatMap(({ path, leaf }) => (isTensor(leaf) || isHost(leaf) ? [[path, leaf] as const] : [])),
  }
}

/** The same without the counts that the iterations tell. */
const looseOf = (program: Program, book: Book) => {
  const { counts, others } = allLoose(program, book)
  return [...counts.filter(([, count]) => count !== book.iterations), ...others]
}

/** Slots and what else a state holds, without `iter`; names begin with `prefix`. Numbers are given by `scalars`. */
export const listWeights = (
  program: Program,
  book: Book,
  loaded: Loaded,
  prefix: string,
  scalars: Scalars,
): NamedTensor[] => {
  const named = (path: string, tensor: tf.Tensor): NamedTensor => ({ name: `${prefix}/${path}`, tensor })
  return [
    ...slotList(program, book).map(({ variable, slot, tensor }) => named(`${variable}/${slot}`, tensor)),
    ...loaded.slots.map(({ name, value }) => ({ name, tensor: value })),
    ...looseOf(program, book).map(([path, leaf]) =>
      named(path, isTensor(leaf) ? leaf : scalars.of(`${prefix}/${path}`, leaf)),
    ),
    ...[...loaded.loose].map(([path, tensor]) => named(path, tensor)),
  ]
}

/** Weights as given to `setWeights`, checked one by one; a tensor alone has no name. */
export type Weight = { readonly name: string | null; readonly tensor: tf.Tensor }

export const readList = (who: string, list: unknown): readonly Weight[] => {
  if (!Array.isArray(list)) throw badArgument(who, 'weights', 'a list of named tensors', list)
  const taken = new Set<string>()
  return list.map((item: unknown, i) => {
    const weight = isTensor(item) ? { name: null, tensor: item } : item
    if (!isRecord(weight) || !isTensor(weight['tensor']) || !['string', 'object'].includes(typeof weight['name']))
      throw badArgument(who, `weights[${i}]`, 'a tensor or {name, tensor}', item)
    const { name, tensor } = weight as Weight
    if (tensor.isDisposed) throw disposedLeaf(who, name ?? String(i), 'weights')
    if (name !== null && taken.has(name)) throw nameTwice(who, name)
    taken.add(name ?? '')
    return { name: name?.replace(/:0$/, '') ?? null, tensor }
  })
}

/** The same list on handles of its own, which a caller who disposes what was given cannot take away; and their end. */
export const hold = (list: readonly Weight[]): { readonly list: readonly Weight[]; readonly free: () => void } => {
  const held = list.map(({ name, tensor }) => ({ name, tensor: tf.keep(share(tensor)) }))
  return {
    list: held,
    free: () => {
      disposeTree(held.map(({ tensor }) => tensor))
    },
  }
}

/** The count of steps that a list begins with. */
export const readIterations = async (who: string, first: Weight | undefined): Promise<number> => {
  const refuse = (got: string): Error =>
    badFile(who, `the first weight must be the scalar ${counter}, a whole number of steps, got ${got}`)
  if (first === undefined) throw refuse('nothing')
  const { name, tensor } = first
  if (tensor.size !== 1 || (name !== null && name.split('/').at(-1) !== counter))
    throw refuse(`${name ?? 'a tensor'} of shape ${showShape(tensor.shape)}`)
  const [value = NaN] = await tensor.data()
  if (!Number.isInteger(value) || value < 0) throw refuse(String(value))
  return value
}

/** `Adam/dense/kernel/m` as what it is for; what has no variable is of the whole state. Keras leaves the prefix out at times. */
const placeOf = (
  prefixes: readonly string[],
  name: string,
): { readonly variable: string | null; readonly slot: string } => {
  const prefix = prefixes.find(one => name.startsWith(`${one}/`))
  const inner = prefix === undefined ? name : name.slice(prefix.length + 1)
  const cut = inner.lastIndexOf('/')
  return cut < 0 ? { variable: null, slot: inner } : { variable: inner.slice(0, cut), slot: inner.slice(cut + 1) }
}

/** What the names of a list begin with: this optimizer's name, or that of the one that wrote it. */
const prefixesOf = (own: string, first: Weight | undefined): readonly string[] => {
  const written = first?.name?.split('/').slice(0, -1).join('/') ?? ''
  return written === '' ? [own] : [own, written]
}

const hostOf = async (who: string, name: string, tensor: tf.Tensor): Promise<Host | null> => {
  if (tensor.rank !== 0 || !['int32', 'bool', 'string'].includes(tensor.dtype)) return null
  const [value] = await tensor.data<'int32' | 'bool' | 'string'>()
  if (typeof value === 'number') return tensor.dtype === 'bool' ? value !== 0 : value
  return F.pipe(
    HostText.decode(value ?? ''),
    E.getOrElseW(() => {
      throw badFile(who, `${name} must be ${HostText.name}, got ${JSON.stringify(value)}`)
    }),
  )
}

/** A handle of the optimizer's own: the loader disposes what it passed. */
const own = (tensor: tf.Tensor): tf.Variable => tf.variable(tensor, false)

/** Weights, `iter` first, to wait for the variables they belong to. Nothing is made if one is wrong. */
export const load = async (who: string, optimizer: string, [first, ...weights]: readonly Weight[]): Promise<Loaded> => {
  const prefixes = prefixesOf(optimizer, first)
  const read = await Promise.all(
    weights.map(async ({ name, tensor }) => {
      const place = name === null ? { variable: null, slot: '' } : placeOf(prefixes, name)
      const isLoose = name !== null && place.variable === null
      return { name, tensor, ...place, isLoose, host: isLoose ? await hostOf(who, name, tensor) : null }
    }),
  )
  const loose = read.filter(({ isLoose }) => isLoose)
  return {
    slots: read.flatMap(({ name, tensor, variable, slot, isLoose }, i): LoadedSlot[] =>
      isLoose ? [] : [{ name: name ?? `weight ${i + 1}`, variable, slot, value: own(tensor) }],
    ),
    hosts: new Map(loose.flatMap(({ slot, host }) => (host === null ? [] : [[slot, host]]))),
    loose: new Map(loose.map(({ slot, tensor }) => [slot, own(tensor)])),
  }
}

interface SlotPlace {
  readonly variable: string
  readonly slot: string
  readonly tensor: tf.Tensor
}

/**
 * The slots of a book that has them all already, in pairs with the weights for them: by name, or in order if there are
 * none or they are another model's. Throws as Keras does if their number or a shape differs.
 */
export const matchWeights = (
  who: string,
  optimizer: string,
  places: readonly SlotPlace[],
  weights: readonly LoadedSlot[],
): readonly (readonly [slot: tf.Variable, weight: tf.Variable])[] => {
  if (places.length !== weights.length) throw wrongWeights(who, optimizer, weights.length + 1, places.length + 1)
  const key = (variable: string | null, slot: string): string => `${variable ?? ''}/${slot}`
  const named = new Map(weights.map(weight => [key(weight.variable, weight.slot), weight]))
  const byName = places.every(({ variable, slot }) => named.has(key(variable, slot)))
  return places.flatMap(({ variable, slot, tensor }, i) => {
    const weight = byName ? named.get(key(variable, slot)) : weights[i]
    if (weight === undefined) return []
    const { name, value } = weight
    checkFits(name, value, key(variable, slot), tensor)
    return [[tensor as tf.Variable, value] as const]
  })
}

/** The tensors of a state that belong to no variable, with the weights for them; what is named must be there and fit. */
const matchLoose = (program: Program, book: Book, { loose, hosts }: Loaded) => {
  const { counts, others } = allLoose(program, book)
  const places = new Map<string, tf.Tensor | Host>([...counts, ...others])
  for (const [path, weight] of loose) {
    const leaf = places.get(path)
    if (leaf === undefined) throw loadedSlotUnknown(path, path, [...places.keys()])
    if (isTensor(leaf)) checkFits(path, weight, path, leaf)
    else if (!hosts.has(path)) throw loadedShape(path, showShape(weight.shape), path, '[], a number')
  }
  return [...places].flatMap(([path, leaf]) => {
    const weight = loose.get(path)
    return isTensor(leaf) && isVariable(leaf) && weight !== undefined ? [[leaf, weight] as const] : []
  })
}

/** The book with `loaded`, whose tensors are freed, in place of what it had; `others` are slots beside the book's. */
export const replaceWeights = (
  who: string,
  optimizer: string,
  program: Program,
  book: Book,
  iterations: number,
  loaded: Loaded,
  others: readonly SlotPlace[] = [],
): Book => {
  try {
    const slots = matchWeights(who, optimizer, [...slotList(program, book), ...others], loaded.slots)
    const pairs = [...slots, ...matchLoose(program, book, loaded)]
    pairs.forEach(([slot, weight]) => slot.assign(weight))
    const moved = atIterations(program, book, iterations)
    const names = book.variables.map(({ name }) => name)
    return { ...moved, state: restoreHosts(program, moved.state, names, loaded) }
  } finally {
    disposeTree([loaded.slots.map(({ value }) => value), [...loaded.loose.values()]])
  }
}
