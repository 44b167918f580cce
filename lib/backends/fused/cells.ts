/** Cells and extras of a step on a device: what a job is given, and memory for the next values. */
import type { Leaf } from '../../tree/tensors.js'
import type { Tensor } from '@tensorflow/tfjs-core'
import { extraValue } from '../../program/cells.js'
import { agreed } from '../../rule/leafScalars.js'
import type { Rule } from '../../rule/rule.js'
import type { Device, Group, JobNumber, LeafRun } from '../device.js'
import { known } from './held.js'
import type { Fresh } from './memory.js'
import type { PlannedStage, TensorLeaves } from './read.js'

/** A number of the tree, as a tensor or on the host, or a tensor for each leaf. */
export type Given = Tensor | number | TensorLeaves

const isLeaves = (given: Given): given is TensorLeaves => Array.isArray(given)

/** Whether a leaf can be a cell: a float32 scalar. */
export const isCell = (leaf: Leaf): boolean => leaf === null || leaf.rank === 0

/** The values of a rule's extras. */
export const extrasOf = ({ name, extras }: Rule, extra: unknown): readonly Given[] =>
  extras.map(field => extraValue(name, field, extra) as Tensor | number)

/** All tensors of cells, in the order in which a step makes them. */
export const cellTensors = ({ plan, given }: PlannedStage): TensorLeaves =>
  plan.given.flatMap(({ kind }, k) => {
    const value = given[k] ?? 0
    return kind === 'extra' || typeof value === 'number' ? [] : isLeaves(value) ? value : [value]
  })

type Held = object | number | readonly (object | null)[]

/** The given numbers as the device holds them; null if kernels cannot use one of them. */
export const holdGiven = (device: Device, { given }: PlannedStage): readonly Held[] | null => {
  const all: Held[] = []
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

/** The cells after the passes, the runs that compute them, and the numbers that the job is given. */
export interface CellsToRun {
  readonly given: readonly Given[]
  readonly groups: readonly Group[]
  readonly numbers: readonly JobNumber[]
}

/** The leaves that take part in a rule, by index. */
const takers = ({ plan, classOf, u }: PlannedStage, rule: number, inClass: number | null): readonly number[] =>
  classOf.flatMap((c, i) => {
    if (u[i] == null || c < 0 || (inClass !== null && c !== inClass)) return []
    return plan.classes[c]?.rules[rule] === true ? [i] : []
  })

/** Finds memory for the next value of every cell that changes. */
export const allocateCells = (fresh: Fresh, step: PlannedStage, held: readonly Held[], over: boolean): CellsToRun => {
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
    if (!Array.isArray(value)) return [{ name, order: null, value: value as object | number }]
    return (value as readonly (object | null)[]).flatMap((one, order) =>
      one === null ? [] : [{ name, order, value: one }],
    )
  })
  return { given: after, groups, numbers }
}

/** The cells with `change` applied to every tensor; `before` gives the tensor that it replaces. */
export const mapCells = (
  { plan, given: before }: PlannedStage,
  given: readonly Given[],
  change: (original: Leaf, value: Leaf) => Leaf,
): readonly Given[] =>
  given.map((value, k) => {
    const old = before[k]
    if (plan.given[k]?.kind === 'extra' || typeof value === 'number') return value
    if (isLeaves(value)) return value.map((leaf, i) => change((old as TensorLeaves)[i] ?? null, leaf))
    return change(old as Tensor, value) ?? value
  })

/** Gives a new handle to every cell that is still the given tensor. */
export const ownCells = (fresh: Fresh, step: PlannedStage, given: readonly Given[]): readonly Given[] =>
  mapCells(step, given, (original, value) => (value !== null && value === original ? fresh.handle(value) : value))
