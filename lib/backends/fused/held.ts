/** A step's tensors as the device holds them, and the search for a tensor that occurs twice. */
import type { Device } from '../device.js'
import type { PlannedStage, TensorLeaves } from './planned.js'

/** A step's tensors as the device holds them: one list per tree, in the order of streams; null for unneeded leaves. */
export type HeldTrees = readonly (readonly (object | null)[])[]

/**
 * Holds all tensors that passes read or may overwrite, before anything is allocated; null if kernels cannot use one of
 * them.
 */
export const holdAll = (device: Device, { u, p, slots, plan }: PlannedStage, over: boolean): HeldTrees | null => {
  const needed = new Set(
    plan.classes.flatMap(({ readTrees, writeTrees }) => (over ? [...readTrees, ...writeTrees] : readTrees)),
  )
  const trees: (object | null)[][] = []
  for (const [stream, leaves] of [u, p ?? [], ...slots].entries()) {
    const held: (object | null)[] = []
    trees.push(held)
    if (!needed.has(stream)) continue
    for (let i = 0; i < u.length; i++) {
      const leaf = (u[i] ?? null) === null ? null : (leaves[i] ?? null)
      const known = leaf === null ? null : device.hold(leaf)
      if (leaf !== null && known === null) return null
      held.push(known)
    }
  }
  return trees
}

/** The held tensor of a stream that a plan reads or writes; it must be there. */
export const known = (held: object | null | undefined): object => {
  if (held == null) throw new TypeError('a stream of a kernel has no tensor')
  return held
}

/** Whether a tensor that would be overwritten occurs elsewhere in the step, as among `others`. */
export const isShared = ({ p, slots }: PlannedStage, cells: TensorLeaves, others: TensorLeaves): boolean => {
  const ids: number[] = []
  let [isAscending, last] = [true, -1]
  for (const leaves of [p ?? [], ...slots, cells])
    for (const leaf of leaves) {
      if (leaf === null) continue
      isAscending &&= leaf.id > last
      last = leaf.id
      ids.push(last)
    }
  // The results of a step have ascending ids in this order, so from the second step on no set is needed.
  const first = ids[0] ?? NaN
  if (isAscending && others.every(leaf => leaf === null || leaf.id < first || leaf.id > last)) return false
  const seen = new Set(ids)
  return seen.size < ids.length || others.some(leaf => leaf !== null && seen.has(leaf.id))
}
