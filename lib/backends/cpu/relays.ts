/** Memory of the relays of leaves that do not stay in the block between two passes. */
import { noMemory } from '../../errors.js'
import type { Plan } from '../../plan/plan.js'
import type { Group } from '../device.js'
import { blockSize, type HeldArray, type RelayArrays } from './block.js'
import { part } from './own.js'

const none: RelayArrays = () => []

/**
 * The memory of the last step, until it is collected: memory that is fresh from the system costs as much as a relay
 * gains.
 */
let last: WeakRef<Float32Array> | null = null

const memoryFor = (size: number): Float32Array => {
  const known = last?.deref()
  if (known !== undefined && known.length >= size) return known
  try {
    const made = new Float32Array(size)
    last = typeof WeakRef === 'undefined' ? null : new WeakRef(made)
    return made
  } catch (cause) {
    throw noMemory('the relays of a step', 4 * size, cause)
  }
}

interface Sized {
  readonly order: number
  readonly size: number
}

/** How many elements the relays of a group take in all, and where those of each leaf begin. */
const placesIn = ({ sweeps }: Plan, count: number, leaves: readonly Sized[]) => {
  if (sweeps.length === 1) {
    // Short leaves need no memory, and long ones follow one another, so they share the memory of the longest.
    const longest = leaves.reduce((most, { size }) => Math.max(most, size), 0)
    return { size: longest <= blockSize ? 0 : count * longest, starts: null }
  }
  const starts = new Map<number, number>()
  let size = 0
  for (const leaf of leaves) {
    starts.set(leaf.order, size)
    size += count * leaf.size
  }
  return { size, starts }
}

/** The relays of the leaves of each group. */
export const relayArrays = (plan: Plan, groups: readonly Group<HeldArray>[]): readonly RelayArrays[] => {
  const places = groups.map(({ of, leaves }) => placesIn(plan, of.relays.length, of.relays.length === 0 ? [] : leaves))
  const all = places.reduce((sum, { size }) => sum + size, 0)
  if (all === 0) return groups.map(() => none)
  const memory = memoryFor(all)
  let begin = 0
  return groups.map(({ of }, g): RelayArrays => {
    const { size = 0, starts = null } = places[g] ?? {}
    const first = begin
    begin += size
    if (size === 0) return none
    return ({ order, size: count }) => {
      const at = first + (starts?.get(order) ?? 0)
      return of.relays.map((_, k) => part(memory, at + k * count, at + (k + 1) * count))
    }
  })
}
