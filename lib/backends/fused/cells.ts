/** Cells and extras of a step on a device: what a job is given, and memory for the next values. */
import type { Plan } from '../../plan/plan.js'
import { extraValue } from '../../program/cells.js'
import { agreed } from '../../rule/leafScalars.js'
import type { Scalars } from '../../rule/rule.js'
import { seal } from '../../tree/freeze.js'
import { build } from '../../tree/structure.js'
import type { Group, JobNumber, LeafRun } from '../device.js'
import type { DeviceCells, HeldGiven } from './cellRunner.js'
import { known } from './held.js'
import type { GivenValue, PlannedStage } from './planned.js'
import { tensorsAt, tensorsOnly } from './read.js'

const read: DeviceCells['read'] = (rule, record, structure, extra) => {
  const given: GivenValue[] = []
  for (const [cell, { over }] of Object.entries(rule.cells)) {
    const leaves = over === 'tree' ? tensorsOnly([record[cell]]) : tensorsAt(structure, record[cell])
    if (leaves?.every(leaf => (leaf === null ? over === 'leaf' : leaf.rank === 0)) !== true) return null
    given.push(leaves)
  }
  for (const name of rule.extras) {
    const value = extraValue(rule.name, name, extra)
    const one = typeof value === 'number' ? value : tensorsOnly([value])
    if (one === null) return null
    given.push(one)
  }
  return given
}

const areThere: DeviceCells['areThere'] = ({ classes, given: planned }, given, classOf) =>
  planned.every(({ over, rule }, k) => {
    const leaves = given[k]
    if (over === 'tree' || typeof leaves !== 'object') return true
    return classOf.every((c, i) => classes[c]?.rules[rule] !== true || (leaves[i] ?? null) !== null)
  })

const tensors: DeviceCells['tensors'] = ({ plan, given }) =>
  given.flatMap((value, k) => (typeof value === 'number' || plan.given[k]?.kind !== 'cell' ? [] : value))

const hold: DeviceCells['hold'] = (device, { given }) => {
  const all: HeldGiven[] = []
  for (const value of given) {
    if (typeof value === 'number') {
      all.push(value)
      continue
    }
    const held: (object | null)[] = []
    for (const leaf of value) {
      const one = leaf === null ? null : device.hold(leaf)
      if (leaf !== null && one === null) return null
      held.push(one)
    }
    all.push(held)
  }
  return all
}

/** The numbers of a job. */
const numbersOf = ({ given }: Plan, held: readonly HeldGiven[]): readonly JobNumber[] =>
  given.flatMap(({ name, over }, k): readonly JobNumber[] => {
    const value = held[k] ?? 0
    if (typeof value === 'number') return [{ name, order: null, value }]
    return value.flatMap((one, i) => (one === null ? [] : [{ name, order: over === 'leaf' ? i : null, value: one }]))
  })

/** The leaves that take part in a rule, by index; with a class, those of the class. */
const takersOf = ({ plan, classOf, u }: PlannedStage, rule: number, inClass: number | null): readonly number[] =>
  classOf.flatMap((c, i) => {
    const takesPart = (u[i] ?? null) !== null && plan.classes[c]?.rules[rule] === true
    return takesPart && (inClass === null || c === inClass) ? [i] : []
  })

/** The scalars for cells of the tree, if they differ from those of the job; throws if leaves disagree about one. */
const scalarsOfTree = (
  { stage, plan, scalars, leafScalars }: PlannedStage,
  r: number,
  fields: readonly string[],
  takers: readonly number[],
): Scalars | undefined => {
  const rule = stage.rules[r]?.rule
  if (leafScalars === null || rule === undefined) return undefined
  const own = takers.map(i => ({ scalars: leafScalars[i] ?? scalars }))
  for (const field of fields) agreed(rule, rule.nextCells[field], own, plan.names[r]?.scalars)
  return own[0]?.scalars
}

const allocate: DeviceCells['allocate'] = (fresh, step, held, over) => {
  const { plan, u, leafScalars } = step
  const { device } = fresh
  const after = step.given.map(value => (typeof value === 'number' ? value : value.slice()))

  /** the run for cells of the tree, or of the leaf with this index */
  const runOf = (cells: readonly number[], order: number, scalars: Scalars | undefined): LeafRun => {
    const writes: object[] = []
    const overwritten: object[] = []
    for (const k of cells) {
      const [values, own] = [after[k], held[k]]
      const old = typeof values === 'object' ? values[order] : null
      const at = known(typeof own === 'object' ? own[order] : null)
      if (over && device.isOwn(at)) {
        writes.push(at)
        overwritten.push(at)
      } else if (typeof values === 'object' && old != null) {
        const made = fresh.like(old)
        values[order] = made
        writes.push(known(device.hold(made)))
      }
    }
    const run = { order, size: 1, reads: [], writes, over: overwritten }
    return scalars === undefined ? run : { ...run, scalars }
  }

  const groups = plan.cells.map(({ rule, over: whole, class: c, fields: names, of }): Group => {
    const cells = names.map(field =>
      plan.given.findIndex(one => one.kind === 'cell' && one.rule === rule && one.field === field),
    )
    const takers = takersOf(step, rule, c)
    if (whole === 'leaf') {
      const filled = takers.filter(i => (u[i]?.size ?? 0) > 0)
      return { of, leaves: filled.map(i => runOf(cells, i, leafScalars?.[i])) }
    }
    if (takers.length === 0) return { of, leaves: [] }
    return { of, leaves: [runOf(cells, 0, scalarsOfTree(step, rule, names, takers))] }
  })
  return { given: after, groups, numbers: numbersOf(plan, held) }
}

const map: DeviceCells['map'] = ({ plan, given: before }, given, change) =>
  given.map((value, k) => {
    const old = before[k]
    if (typeof value === 'number' || typeof old !== 'object' || plan.given[k]?.kind !== 'cell') return value
    return value.map((leaf, i) => change(old[i] ?? null, leaf))
  })

const fields: DeviceCells['fields'] = ({ stage, structure, plan }, given) => {
  const all: Record<string, unknown>[] = stage.rules.map(() => ({}))
  plan.given.forEach(({ kind, rule, field, over }, k) => {
    const [own, leaves] = [all[rule], given[k]]
    if (kind === 'cell' && own !== undefined && typeof leaves === 'object')
      own[field] = over === 'leaf' ? build(structure, leaves, seal) : leaves[0]
  })
  return all
}

export const onDevice: DeviceCells = { read, areThere, tensors, hold, allocate, map, fields }
