/** What a device knows of the tensors that a step is given, and whether one of them stands at two places. */
import type { Device } from '../device.js'
import type { PlannedStage, TensorLeaves } from './read.js'

/** What a device knows of the tensors of a step, tree by tree in the order of streams; null where it was not asked. */
export type HeldTrees = readonly (readonly (object | null)[])[]

/** All that passes read or may write over, before anything is made; null if something is not as kernels need it. */
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

/** The tensor of a stream that a plan reads or writes. */
export const known = (held: object | null | undefined): object => {
  if (held == null) throw new TypeError('a stream of a kernel has no tensor')
  return held
}

/** Whether a tensor that would be written over stands at another place of the step as well, such as among `others`. */
export const isShared = ({ p, slots }: PlannedStage, others: TensorLeaves): boolean => {
  const ids: number[] = []
  let [isAscending, last] = [true, -1]
  for (const leaves of [p ?? [], ...slots])
    for (const leaf of leaves) {
      if (leaf === null) continue
      isAscending &&= leaf.id > last
      last = leaf.id
      ids.push(last)
    }
  // A step numbers its results in this very order, so that from the second one on there is nothing to look up.
  const first = ids[0] ?? NaN
  if (isAscending && others.every(leaf => leaf === null || leaf.id < first || leaf.id > last)) return false
  const seen = new Set(ids)
  return seen.size < ids.length || others.some(leaf => leaf !== null && seen.has(leaf.id))
}
