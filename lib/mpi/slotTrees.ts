/** The slots of a state as trees like the parameters. */
import { mapState, numbersOf, perLeaf } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { numberedState } from '../program/record.js'
import { initTensors } from '../run.js'
import { seal } from '../tree/freeze.js'
import { disposeTree } from '../tree/map.js'
import { build, flatten } from '../tree/structure.js'
import type { Leaf } from '../tree/tensors.js'

/** The state with `change` applied to the leaves of every slot, in the order of the program. */
export const mapSlots = (
  program: Program,
  state: unknown,
  change: (leaves: readonly Leaf[]) => readonly Leaf[],
): unknown =>
  mapState(program, state, (link, own, { where }) => {
    const numbers = numbersOf(link)
    if (numbers === null) return own
    const record: Readonly<Record<string, unknown>> = { ...numberedState(numbers, own, where) }
    const slots = perLeaf(numbers).map(name => {
      const { structure, leaves } = flatten(record[name])
      return [name, build(structure, change(leaves as readonly Leaf[]), seal)] as const
    })
    return seal({ ...record, ...Object.fromEntries(slots) })
  })

/** The leaves of every slot of a state. */
export const slotsIn = (program: Program, state: unknown): readonly (readonly Leaf[])[] => {
  const found: (readonly Leaf[])[] = []
  mapSlots(program, state, leaves => {
    found.push(leaves)
    return leaves
  })
  return found
}

/** The first state of a rank that has a share in no leaf. */
export const emptyShare = (program: Program, params: unknown): unknown => {
  const whole = initTensors(program, params)
  disposeTree(whole)
  return mapSlots(program, whole, leaves => leaves.map(() => null))
}
