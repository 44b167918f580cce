/** Cells and extras of a step on a device: what a job is given, and memory for the next values. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { extraValue } from '../../program/cells.js'
import { agreed } from '../../rule/leafScalars.js'
import { seal } from '../../tree/freeze.js'
import { build } from '../../tree/structure.js'
import type { Leaf } from '../../tree/tensors.js'
import type { Group, JobNumber, LeafRun } from '../device.js'
import type { DeviceCells, HeldGiven } from './carried.js'
import { known } from './held.js'
import type { GivenValue, PlannedStage, TensorLeaves } from './planned.js'
import { tensorsAt, tensorsOnly } from './read.js'

const isLeaves = (given: GivenValue): given is TensorLeaves => Array.isArray(given)

/** Whether a leaf can be a cell: a float32 scalar. */
const isCell = (leaf: Leaf): boolean => leaf === null || leaf.rank === 0

const read: DeviceCells['read'] = (rule, record, structure, extra) => {
  const given: GivenValue[] = []
  for (const [cell, { over }] of Object.entries(rule.cells)) {
    const leaves = over === 'tree' ? tensorsOnly([record[cell]]) : tensorsAt(structure, record[cell])
    if (leaves?.every(isCell) !== true) return null
    const one = over === 'tree' ? leaves[0] : leaves
    if (one == null) return null
    given.push(one)
  }
  return [...given, ...rule.extras.map(field => extraValue(rule.name, field, extra) as Tensor | number)]
}

const areThere: DeviceCells['areThere'] = ({ classes, given: planned }, given, classOf) =>
  planned.every(({ over, rule }, k) => {
    if (over === 'tree') return true
    const leaves = given[k] as readonly Leaf[]
    return classOf.every((c, i) => classes[c]?.rules[rule] !== true || (leaves[i] ?? null) !== null)
  })

const tensors: DeviceCells['tensors'] = ({ plan, given }) =>
  plan.given.flatMap(({ kind }, k) => {
    const value = given[k] ?? 0
    return kind === 'extra' || typeof value === 'number' ? [] : isLeaves(value) ? value : [value]
  })

const hold: DeviceCells['hold'] = (device, { given }) => {
  const all: HeldGiven[] = []
  for (const value of given) {
    if (typeof value === 'number') {
      all.push(value)
      continue
    }
    const leaves = isLeaves(value) ? value : [value]
    const held = leaves.map(leaf => (leaf === null ? null : device.hold(leaf)))
    if (held.some((one, i) => one === null && leaves[i] !== null)) return null
    all.push(isLeaves(value) ? held : known(held[0]))
  }
  return all
}

/** The leaves that take part in a rule, by index. */
const takers = ({ plan, classOf, u }: PlannedStage, rule: number, inClass: number | null): readonly number[] =>
  classOf.flatMap((c, i) => {
    if (u[i] == null || c < 0 || (inClass !== null && c !== inClass)) return []
    return plan.classes[c]?.rules[rule] === true ? [i] : []
  })

const allocate: DeviceCells['allocate'] = (fresh, step, held, over) => {
  const { plan, given, u, leafScalars, scalars, stage } = step
  const { device } = fresh
  const after: (Tensor | number | Leaf[])[] = given.map(value => (isLeaves(value) ? value.slice() : value))
  const place = (rule: number, field: string): number =>
    plan.given.findIndex(one => one.kind === 'cell' && one.rule === rule && one.field === field)

  /** where the next value of a cell goes: into its own memory, if that may be overwritten */
  const target = (old: Tensor, own: object, keep: (made: Tensor) => void): { write: object; isOver: boolean } => {
    if (over && device.isOwn(own)) return { write: own, isOver: true }
    const made = fresh.like(old)
    keep(made)
    return { write: known(device.hold(made)), isOver: false }
  }
  const groups = plan.cells.map(({ rule, over: whole, class: c, fields, of }): Group => {
    const leaves = takers(step, rule, c)
    const runOf = (order: number | null, scalarsOfRun: LeafRun['scalars']): LeafRun => {
      const targets = fields.map(field => {
        const k = place(rule, field)
        const [value, own] = [given[k], held[k]]
        const i = order ?? 0
        const old = isLeaves(value ?? 0) ? (value as TensorLeaves)[i] : value
        const one = known(Array.isArray(own) ? (own as readonly (object | null)[])[i] : (own as object))
        return target(old as Tensor, one, made => {
          const now = after[k]
          if (Array.isArray(now)) now[i] = made
          else after[k] = made
        })
      })
      const writes = targets.map(({ write }) => write)
      const run = { order: order ?? 0, size: 1, reads: [], writes, over: writes.filter((_, k) => targets[k]?.isOver) }
      return scalarsOfRun === undefined ? run : { ...run, scalars: scalarsOfRun }
    }
    if (whole === 'leaf')
      return { of, leaves: leaves.filter(i => (u[i]?.size ?? 0) > 0).map(i => runOf(i, leafScalars?.[i])) }
    if (leaves.length === 0) return { of, leaves: [] }
    const own = leafScalars && leaves.map(i => ({ scalars: leafScalars[i] ?? scalars }))
    const link = stage.rules[rule]?.rule
    const names = plan.names[rule]?.scalars ?? {}
    fields.forEach(field => own && link && agreed(link, link.nextCells[field], own, names))
    return { of, leaves: [runOf(null, own?.[0]?.scalars)] }
  })
  const numbers = plan.given.flatMap(({ name }, k): readonly JobNumber[] => {
    const value = held[k] ?? 0
    if (!Array.isArray(value)) return [{ name, order: null, value }]
    return (value as readonly (object | null)[]).flatMap((one, order) =>
      one === null ? [] : [{ name, order, value: one }],
    )
  })
  return { given: after, groups, numbers }
}

const map: DeviceCells['map'] = ({ plan, given: before }, given, change) =>
  given.map((value, k) => {
    const old = before[k]
    if (plan.given[k]?.kind === 'extra' || typeof value === 'number') return value
    if (isLeaves(value)) return value.map((leaf, i) => change((old as TensorLeaves)[i] ?? null, leaf))
    return change(old as Tensor, value) ?? value
  })

const fields: DeviceCells['fields'] = ({ stage, structure, plan }, given) => {
  const all: Record<string, unknown>[] = stage.rules.map(() => ({}))
  plan.given.forEach(({ kind, rule, field, over }, k) => {
    const own = all[rule]
    if (kind === 'cell' && own !== undefined)
      own[field] = over === 'leaf' ? build(structure, given[k] as readonly Leaf[], seal) : given[k]
  })
  return all
}

export const onDevice: DeviceCells = { read, areThere, tensors, hold, allocate, map, fields }
