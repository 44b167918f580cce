/**
 * Which loaded weight goes to which slot of which variable. A model that is loaded while its original lives has other
 * names (`dense/kernel_1`), so a weight is found by its variable's name, else among the names that are equal up to such a
 * suffix; shapes and dtypes must agree.
 */
import * as tf from '@tensorflow/tfjs-core'
import { loadedCount, loadedDtype, loadedShape, loadedSlotUnknown, loadedUnbound } from '../errors.js'
import { isHost, type Host } from '../../io/host.js'
import type { Program } from '../../program/program.js'
import { showShape } from '../../tree/tensors.js'
import { editParts } from './state.js'

/** A slot of a variable; `slot` is its short name, `path` where it stands in the state. */
export interface Place {
  readonly variable: string
  readonly slot: string
  readonly path: string
}

/** A weight that waits for its variable. Without names (`variable` null) only its position counts. */
export interface LoadedSlot {
  readonly name: string
  readonly variable: string | null
  readonly slot: string
  readonly value: tf.Variable
  /** whether a user made it before the first step, and loaded nothing */
  readonly added?: boolean
}

/** Weights set before the variables they belong to were seen. */
export interface Loaded {
  readonly slots: readonly LoadedSlot[]
  /** what belongs to no variable, by path: tensors of the state, and its numbers as scalars */
  readonly loose: ReadonlyMap<string, tf.Variable>
  /** the values of those that may be numbers: only the state tells which are */
  readonly hosts: ReadonlyMap<string, Host>
}

export const nothingLoaded: Loaded = Object.freeze({ slots: [], loose: new Map(), hosts: new Map() })

/** `1.mu` is called `mu` unless another slot would be too. */
export const shortNames = (paths: readonly string[]): ((path: string) => string) => {
  const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
  const users = new Map<string, string>()
  const shared = new Set<string>()
  for (const path of new Set(paths)) {
    if (users.has(last(path))) shared.add(last(path))
    users.set(last(path), path)
  }
  return path => (shared.has(last(path)) ? path : last(path))
}

/** A slot that a loaded weight may be for; its tensor has the first value. */
export type Waiting = Place & { readonly tensor: tf.Tensor }

const groupBy = <X>(items: readonly X[], key: (item: X) => string): ReadonlyMap<string, readonly X[]> => {
  const groups = new Map<string, X[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

type Pair = readonly [waiting: Waiting, weight: LoadedSlot]

const withoutSuffix = (name: string): string => name.replace(/_\d+$/, '')
/** Whether one name is the other and a suffix. */
const isSuffixed = (long: string, short: string): boolean => long !== short && withoutSuffix(long) === short

/** Ways in which a variable and that of a weight are surely the same, the surest first. */
const sameness: readonly ((variable: string, loaded: string) => boolean)[] = [
  (variable, loaded) => variable === loaded,
  (variable, loaded) => isSuffixed(variable, loaded),
  (variable, loaded) => isSuffixed(loaded, variable),
]

const stemOf = (slot: string, variable: string | null): string => `${withoutSuffix(variable ?? '')}\n${slot}`

/** What is left of each stem, in order if they are as many: copies of copies have other suffixes. */
const byStem = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly Pair[] => {
  const weights = groupBy(slots, ({ slot, variable }) => stemOf(slot, variable))
  return [...groupBy(waiting, ({ slot, variable }) => stemOf(slot, variable))].flatMap(([stem, places]) => {
    const candidates = weights.get(stem) ?? []
    if (candidates.length !== places.length) return []
    return places.flatMap((place, i) => (candidates[i] === undefined ? [] : [[place, candidates[i]] as const]))
  })
}

/**
 * By name, in order where several fit as well. Where one name is just that of a weight, names are as they were saved, and
 * the others of its stem are new variables: `w_3` is no copy of `w_0` beside a `w_1` that was saved.
 */
const byName = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly Pair[] => {
  const pairs = new Map<Waiting, LoadedSlot>()
  const taken = new Set<LoadedSlot>()
  const settled = new Set<string>()
  const open = () => waiting.filter(place => !pairs.has(place) && !settled.has(stemOf(place.slot, place.variable)))
  const free = () => slots.filter(weight => !taken.has(weight))
  const pair = ([place, weight]: Pair): void => {
    pairs.set(place, weight)
    taken.add(weight)
  }
  for (const isSame of sameness) {
    for (const place of open()) {
      const { slot, variable } = place
      const found = free().find(one => one.slot === slot && one.variable !== null && isSame(variable, one.variable))
      if (found !== undefined) pair([place, found])
    }
    // Only what has just its own name settles a stem.
    if (isSame === sameness[0]) pairs.forEach((_, { slot, variable }) => settled.add(stemOf(slot, variable)))
  }
  byStem(open(), free()).forEach(pair)
  return [...pairs]
}

/** Weights without names are those of all variables, in the order of the slots. */
const byPosition = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly Pair[] => {
  if (slots.length === 0) return []
  if (slots.length !== waiting.length) throw loadedCount(slots.length, waiting.length)
  return waiting.flatMap((place, i) => (slots[i] === undefined ? [] : [[place, slots[i]] as const]))
}

const checkSlots = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): void => {
  const known = new Set(waiting.map(({ slot }) => slot))
  const stray = slots.find(({ slot, variable }) => variable !== null && !known.has(slot))
  if (stray !== undefined) throw loadedSlotUnknown(stray.name, stray.slot, [...known])
}

const isRegistered = (name: string | null): boolean =>
  name !== null && Object.hasOwn(tf.engine().registeredVariables, name)

/**
 * A variable has all its slots from what was loaded, or none. At the first step none may be without weights while others
 * are left over, unless these belong to variables that are only not in this step: else they are another model's.
 */
const checkFound = (
  waiting: readonly Waiting[],
  pairs: readonly Pair[],
  rest: readonly LoadedSlot[],
  first: boolean,
): void => {
  const filled = new Set(pairs.map(([place]) => place))
  const begun = new Set(pairs.flatMap(([{ variable }, { added }]) => (added ? [] : [variable])))
  const missing = waiting.filter(place => !filled.has(place))
  const half = missing.find(({ variable }) => begun.has(variable))
  const isOthers = ({ variable }: LoadedSlot): boolean => begun.size === 0 || !isRegistered(variable)
  const strangers = first && missing.length > 0 ? rest.filter(isOthers) : []
  const alone = half ?? (strangers.length > 0 ? missing[0] : undefined)
  if (alone === undefined) return
  throw loadedUnbound(
    `${alone.variable}/${alone.slot}`,
    rest.map(({ name }) => name),
  )
}

/** The loaded weights that `waiting` slots take, by the tensors they replace, and what is left. */
export const bind = (
  loaded: Loaded,
  waiting: readonly Waiting[],
  first: boolean,
): { readonly takes: ReadonlyMap<tf.Tensor, tf.Variable>; readonly rest: Loaded } => {
  const { slots } = loaded
  if (slots.length === 0) return { takes: new Map(), rest: loaded }
  checkSlots(waiting, slots)
  const named = byName(waiting, slots)
  const found = new Set(named.map(([place]) => place))
  const pairs = [
    ...named,
    ...byPosition(
      waiting.filter(place => !found.has(place)),
      slots.filter(({ variable }) => variable === null),
    ),
  ]
  for (const [place, { name, value }] of pairs) checkFits(name, value, `${place.variable}/${place.slot}`, place.tensor)
  const taken = new Set(pairs.map(([, weight]) => weight))
  const rest = slots.filter(weight => !taken.has(weight))
  checkFound(
    waiting,
    pairs,
    rest.filter(({ added }) => !added),
    first,
  )
  return {
    takes: new Map(pairs.map(([{ tensor }, { value }]) => [tensor, value])),
    rest: { ...loaded, slots: rest },
  }
}

/** Throws unless a weight has the shape and dtype of the tensor that it is for. */
export const checkFits = (weight: string, value: tf.Tensor, slot: string, tensor: tf.Tensor): void => {
  const [got, expected] = [showShape(value.shape), showShape(tensor.shape)]
  if (got !== expected) throw loadedShape(weight, got, slot, expected)
  if (value.dtype !== tensor.dtype) throw loadedDtype(weight, value.dtype, slot, tensor.dtype)
}

/** The state with the numbers that were loaded. */
export const restoreHosts = (
  program: Program,
  state: unknown,
  names: readonly string[],
  { hosts }: Loaded,
): unknown => {
  if (hosts.size === 0) return state
  return editParts(program, state, names, {
    count: (path, count) => {
      const host = hosts.get(path)
      return typeof host === 'number' ? host : count
    },
    loose: (path, leaf) => (isHost(leaf) ? (hosts.get(path) ?? leaf) : leaf),
  })
}
