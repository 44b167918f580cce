/**
 * Which loaded weight goes to which slot of which variable. A model that is loaded while its original lives has other
 * names (`dense/kernel_1`), so a weight is found by its variable's name, else by position among the names that are equal
 * up to such a suffix; shapes must agree.
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import { loadedShape, loadedSlotUnknown, loadedUnbound } from '../errors.js'
import { isHost, type Host } from '../../io/host.js'
import type { Program } from '../../rule/program.js'
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
  readonly value: Variable
}

/** Weights set before the variables they belong to were seen. */
export interface Loaded {
  readonly slots: readonly LoadedSlot[]
  /** what belongs to no variable, by path: tensors of the state, and its numbers as scalars */
  readonly loose: ReadonlyMap<string, Variable>
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
export type Waiting = Place & { readonly tensor: Tensor }

const withoutSuffix = (name: string): string => name.replace(/_\d+$/, '')

const groupBy = <X>(items: readonly X[], key: (item: X) => string): ReadonlyMap<string, readonly X[]> => {
  const groups = new Map<string, X[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

type Pair = readonly [waiting: Waiting, weight: LoadedSlot]

/** Weights without names, in the order of the slots. */
const byPosition = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly Pair[] =>
  waiting.flatMap((place, i) => (slots[i] === undefined ? [] : [[place, slots[i]] as const]))

/** Weights whose variables' names are equal up to a suffix: by name if all are found so, else in order. */
const byName = (waiting: readonly Waiting[], slots: readonly LoadedSlot[]): readonly Pair[] => {
  const key = (slot: string, variable: string | null): string => `${withoutSuffix(variable ?? '')}\n${slot}`
  const weights = groupBy(slots, ({ slot, variable }) => key(slot, variable))
  return [...groupBy(waiting, ({ slot, variable }) => key(slot, variable))].flatMap(([group, places]) => {
    const candidates = weights.get(group) ?? []
    const exact = places.flatMap(place => {
      const weight = candidates.find(({ variable }) => variable === place.variable)
      return weight === undefined ? [] : [[place, weight] as const]
    })
    return exact.length === places.length ? exact : byPosition(places, candidates)
  })
}

/**
 * The loaded weights that `waiting` slots take, by the tensors they replace, and what is left. At the first binding
 * every variable must find its weights if any are left over: else these are another model's.
 */
export const bind = (
  loaded: Loaded,
  waiting: readonly Waiting[],
  first: boolean,
): { readonly takes: ReadonlyMap<Tensor, Variable>; readonly rest: Loaded } => {
  const { slots } = loaded
  if (slots.length === 0) return { takes: new Map(), rest: loaded }
  const known = new Set(waiting.map(({ slot }) => slot))
  const stray = slots.find(({ slot, variable }) => variable !== null && !known.has(slot))
  if (stray !== undefined) throw loadedSlotUnknown(stray.name, stray.slot, [...known])
  const unnamed = slots.every(({ variable }) => variable === null)
  const pairs = unnamed ? byPosition(waiting, slots) : byName(waiting, slots)
  for (const [{ variable, slot, tensor }, { name, value }] of pairs)
    if (showShape(tensor.shape) !== showShape(value.shape))
      throw loadedShape(name, showShape(value.shape), `${variable}/${slot}`, showShape(tensor.shape))
  const taken = new Set(pairs.map(([, weight]) => weight))
  const rest = slots.filter(weight => !taken.has(weight))
  const alone = waiting.find(place => !pairs.some(([found]) => found === place))
  if (first && alone !== undefined && rest[0] !== undefined)
    throw loadedUnbound(
      `${alone.variable}/${alone.slot}`,
      rest.map(({ name }) => name),
    )
  return {
    takes: new Map(pairs.map(([{ tensor }, { value }]) => [tensor, value])),
    rest: { ...loaded, slots: rest },
  }
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
