/**
 * Matches loaded weights with the slots of variables, in the same way before and after the first step. A model that is
 * loaded while its original exists has other names (`dense/kernel_1`), so a weight is matched by its variable's name,
 * or else by the name up to such a suffix; shapes and dtypes must agree.
 */
import * as tf from '@tensorflow/tfjs-core'
import {
  loadedCount,
  loadedDtype,
  loadedShape,
  loadedSlotUnknown,
  loadedSurplus,
  loadedUnbound,
} from '../errors/shell.js'
import { showShape } from '../tree/tensors.js'
import type { LoadedSlot, Waiting } from './places.js'

const groupBy = <X>(items: readonly X[], key: (item: X) => string): ReadonlyMap<string, readonly X[]> => {
  const groups = new Map<string, X[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

export type BoundWeight = readonly [waiting: Waiting, weight: LoadedSlot]

const withoutSuffix = (name: string): string => name.replace(/_\d+$/, '')
/** Whether `long` is `short` with a suffix. */
const isSuffixed = (long: string, short: string): boolean => long !== short && withoutSuffix(long) === short

/** Tests whether a variable and that of a weight are the same, the strictest first. */
const sameness: readonly ((variable: string, loaded: string) => boolean)[] = [
  (variable, loaded) => variable === loaded,
  (variable, loaded) => isSuffixed(variable, loaded),
  (variable, loaded) => isSuffixed(loaded, variable),
]

const stemOf = (slot: string, variable: string | null): string => `${withoutSuffix(variable ?? '')}\n${slot}`

/**
 * Pairs the places and weights left of each stem in order, if there are as many of both: in a copy of a copy, both
 * names have suffixes, and they differ.
 */
const byStem = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly BoundWeight[] => {
  const weights = groupBy(slots, ({ slot, variable }) => stemOf(slot, variable))
  return [...groupBy(waiting, ({ slot, variable }) => stemOf(slot, variable))].flatMap(([stem, places]) => {
    const candidates = weights.get(stem) ?? []
    if (candidates.length !== places.length) return []
    return places.flatMap((place, i) => (candidates[i] === undefined ? [] : [[place, candidates[i]] as const]))
  })
}

/**
 * Pairs by name; if several fit equally well, in order. If one variable has exactly the name of a weight, names are as
 * they were saved, so the others of its stem are new variables: beside a saved `w_1`, `w_3` is not a copy of `w_0`.
 */
const byName = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly BoundWeight[] => {
  const pairs = new Map<Waiting, LoadedSlot>()
  const taken = new Set<LoadedSlot>()
  const settled = new Set<string>()
  const open = () => waiting.filter(place => !pairs.has(place) && !settled.has(stemOf(place.slot, place.variable)))
  const free = () => slots.filter(weight => !taken.has(weight))
  const pair = ([place, weight]: BoundWeight): void => {
    pairs.set(place, weight)
    taken.add(weight)
  }
  for (const isSame of sameness) {
    for (const place of open()) {
      const { slot, variable } = place
      const found = free().find(one => one.slot === slot && one.variable !== null && isSame(variable, one.variable))
      if (found !== undefined) pair([place, found])
    }
    // Only an exact match settles a stem.
    if (isSame === sameness[0]) pairs.forEach((_, { slot, variable }) => settled.add(stemOf(slot, variable)))
  }
  byStem(open(), free()).forEach(pair)
  return [...pairs]
}

/** Pairs weights without names: they must cover all slots, in order. */
const byPosition = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly BoundWeight[] => {
  if (slots.length === 0) return []
  if (slots.length !== waiting.length) throw loadedCount(slots.length, waiting.length)
  return waiting.flatMap((place, i) => (slots[i] === undefined ? [] : [[place, slots[i]] as const]))
}

/** Whether a Variable with this name, up to a suffix, is registered and not in `seen`. */
export const isRegistered = (name: string | null, seen: ReadonlySet<string> = new Set()): boolean =>
  name !== null &&
  Object.keys(tf.engine().registeredVariables).some(one => !seen.has(one) && withoutSuffix(one) === withoutSuffix(name))

/**
 * Checks that each variable has all its slots from loaded weights, or none. With `all`, no variable may be without
 * weights while weights of unknown variables are left over: these would be another model's. Weights of registered
 * variables that are not in this step may be left over.
 */
const checkFound = (
  waiting: readonly Waiting[],
  pairs: readonly BoundWeight[],
  rest: readonly LoadedSlot[],
  all: boolean,
) => {
  const filled = new Set(pairs.map(([place]) => place))
  const begun = new Set(pairs.flatMap(([{ variable }, { added }]) => (added ? [] : [variable])))
  const missing = waiting.filter(place => !filled.has(place))
  const half = missing.find(({ variable }) => begun.has(variable))
  const strangers = all ? rest.filter(({ variable }) => begun.size === 0 || !isRegistered(variable)) : []
  const alone = half ?? (strangers.length > 0 ? missing[0] : undefined)
  const names = (strangers.length > 0 ? strangers : rest).map(({ name }) => name)
  if (alone !== undefined) throw loadedUnbound(`${alone.variable}/${alone.slot}`, names)
  if (strangers.length > 0) throw loadedSurplus(names)
}

/**
 * Pairs of slots and the weights for them, and the weights left over. `names` are those of all slots of the program, if
 * it tells: variables to come may have slots that the present ones do not have.
 */
export const bind = (
  weights: readonly LoadedSlot[],
  waiting: readonly Waiting[],
  all: boolean,
  names: readonly string[] | null,
): { readonly pairs: readonly BoundWeight[]; readonly rest: readonly LoadedSlot[] } => {
  if (weights.length === 0) return { pairs: [], rest: [] }
  const known = new Set([...(names ?? []), ...waiting.map(({ slot }) => slot)])
  const stray = weights.find(({ slot, variable }) => variable !== null && !known.has(slot))
  if (stray !== undefined) throw loadedSlotUnknown(stray.name, stray.slot, [...known])
  const named = byName(waiting, weights)
  const found = new Set(named.map(([place]) => place))
  const unnamed = weights.filter(({ variable }) => variable === null)
  const pairs = [
    ...named,
    ...byPosition(
      waiting.filter(place => !found.has(place)),
      unnamed,
    ),
  ]
  for (const [place, { name, value }] of pairs) checkFits(name, value, `${place.variable}/${place.slot}`, place.tensor)
  const taken = new Set(pairs.map(([, weight]) => weight))
  const rest = weights.filter(weight => !taken.has(weight))
  checkFound(
    waiting,
    pairs,
    rest.filter(({ added }) => !added),
    all,
  )
  return { pairs, rest }
}

/** Throws unless a weight has the shape and dtype of its slot's tensor. */
export const checkFits = (weight: string, value: tf.Tensor, slot: string, tensor: tf.Tensor): void => {
  const [got, expected] = [showShape(value.shape), showShape(tensor.shape)]
  if (got !== expected) throw loadedShape(weight, got, slot, expected)
  if (value.dtype !== tensor.dtype) throw loadedDtype(weight, value.dtype, slot, tensor.dtype)
}
