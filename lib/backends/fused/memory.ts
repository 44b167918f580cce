/** Finds memory for the results of a step on a device: fresh memory, or that of the tensor that a result replaces. */
import type * as tf from '@tensorflow/tfjs-core'
import { updateTree, type Goal } from '../../plan/plan.js'
import { isVariable, type Leaf } from '../../tree/tensors.js'
import type { LeafRun } from '../device.js'
import { known, type HeldTrees } from './held.js'
import type { Fresh } from './fresh.js'
import type { PlannedStage, TensorLeaves } from './planned.js'

/** The leaves of all trees after the passes. */
export interface Written {
  readonly u: Leaf[]
  readonly p: Leaf[] | null
  readonly slots: readonly Leaf[][]
}

/**
 * Finds memory for every result, and lists what each leaf reads and writes. Leaves that are overwritten or not written
 * keep their tensors.
 */
export const allocate = (
  fresh: Fresh,
  { u, p, slots, plan, classOf, leafScalars }: PlannedStage,
  held: HeldTrees,
  over: boolean,
): Written & { readonly runs: readonly LeafRun[][] } => {
  const { device } = fresh
  const before: readonly TensorLeaves[] = [u, p ?? [], ...slots]
  const after = before.map(leaves => leaves.slice())
  const runs: LeafRun[][] = plan.classes.map(() => [])
  for (let order = 0; order < u.length; order++) {
    const update = u[order] ?? null
    const c = classOf[order] ?? -1
    const of = plan.classes[c]
    if (update === null || of === undefined) continue
    const reads: object[] = []
    for (const tree of of.readTrees) reads.push(known(held[tree]?.[order]))
    const writes: object[] = []
    const overwritten: object[] = []
    for (const tree of of.writeTrees) {
      const old = before[tree]?.[order] ?? update
      if (over && tree !== updateTree) {
        const own = known(held[tree]?.[order])
        if (device.isOwn(own)) {
          writes.push(own)
          overwritten.push(own)
          continue
        }
      }
      const made = fresh.like(old)
      const leaves = after[tree]
      if (leaves !== undefined) leaves[order] = made
      writes.push(known(device.hold(made)))
    }
    if (!of.runs || update.size === 0) continue
    const { size } = update
    const scalars = leafScalars?.[order]
    runs[c]?.push(
      scalars === undefined
        ? { order, size, reads, writes, over: overwritten }
        : { order, size, reads, writes, over: overwritten, scalars },
    )
  }
  const [nextU = [], nextP = [], ...nextSlots] = after
  return { u: nextU, p: p && nextP, slots: nextSlots, runs }
}

/** Gives a new handle to every result that is one of the given tensors, except Variables that the step leaves alone. */
export const ownHandles = (fresh: Fresh, given: PlannedStage, after: Written, goal: Goal): void => {
  const own = (leaves: Leaf[], before: TensorLeaves, stays: (leaf: tf.Tensor) => boolean): void => {
    leaves.forEach((leaf, i) => {
      if (leaf !== null && leaf === before[i] && !stays(leaf)) leaves[i] = fresh.handle(leaf)
    })
  }
  if (goal === 'flow') return
  after.slots.forEach((leaves, tree) => {
    own(leaves, given.slots[tree] ?? [], () => false)
  })
  if (goal === 'updates') own(after.u, given.u, () => false)
  else if (after.p !== null) own(after.p, given.p ?? [], isVariable)
}
