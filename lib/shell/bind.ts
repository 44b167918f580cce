/**
 * Which loaded weight goes to which slot of which variable: the one way, before the first step and after it. A model that
 * is loaded while its original lives has other names (`dense/kernel_1`), so a weight is found by its variable's name, else
 * among the names that are equal up to such a suffix; shapes and dtypes must agree.
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
const byStem = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly BoundWeight[] => {
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
    // Only what has just its own name settles a stem.
    if (isSame === sameness[0]) pairs.forEach((_, { slot, variable }) => settled.add(stemOf(slot, variable)))
  }
  byStem(open(), free()).forEach(pair)
  return [...pairs]
}

/** Weights without names are those of all variables, in the order of the slots. */
const byPosition = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly BoundWeight[] => {
  if (slots.length === 0) return []
  if (slots.length !== waiting.length) throw loadedCount(slots.length, waiting.length)
  return waiting.flatMap((place, i) => (slots[i] === undefined ? [] : [[place, slots[i]] as const]))
}

/** Whether a variable is there, under this name or one that differs in a suffix, and is none of `seen`. */
export const isRegistered = (name: string | null, seen: ReadonlySet<string> = new Set()): boolean =>
  name !== null &&
  Object.keys(tf.engine().registeredVariables).some(one => !seen.has(one) && withoutSuffix(one) === withoutSuffix(name))

/**
 * A variable has all its slots from what was loaded, or none. With `all`, none may be without weights while others are left
 * over, and what is left over must belong to variables that are only not in this step: else they are another model's.
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

/** The slots that `weights` have values for, in pairs, and the weights that are left. */
export const bind = (
  weights: readonly LoadedSlot[],
  waiting: readonly Waiting[],
  all: boolean,
): { readonly pairs: readonly BoundWeight[]; readonly rest: readonly LoadedSlot[] } => {
  if (weights.length === 0) return { pairs: [], rest: [] }
  const known = new Set(waiting.map(({ slot }) => slot))
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

/** Throws unless a weight has the shape and dtype of the tensor that it is for. */
export const checkFits = (weight: string, value: tf.Tensor, slot: string, tensor: tf.Tensor): void => {
  const [got, expected] = [showShape(value.shape), showShape(tensor.shape)]
  if (got !== expected) throw loadedShape(weight, got, slot, expected)
  if (value.dtype !== tensor.dtype) throw loadedDtype(weight, value.dtype, slot, tensor.dtype)
}
