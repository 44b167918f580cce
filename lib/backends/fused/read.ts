/**
 * Reads the inputs of a step on a device: flattens trees, and finds the classes of leaves and their plan. If something
 * does not fit (a wrong shape, a missing leaf, an integer tensor) the answer is null, and the interpreter takes the
 * step and reports the fault.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { classesOf, distinct, planOf } from '../../plan/planner.js'
import type { Goal, Plan } from '../../plan/plan.js'
import type { StepRequest } from '../../program/execute.js'
import type { LinkState } from '../../program/placed.js'
import type { Stage } from '../../program/stages.js'
import { numberedState } from '../../program/record.js'
import type { ScalarsByLeaf } from './byLeaf.js'
import { deviceCellsOf } from './cellRunner.js'
import type { GivenValue, PlannedStage, TensorLeaves } from './planned.js'
import { collect, flatten, type Structure } from '../../tree/structure.js'
import { isTensor } from '../../tree/tensors.js'

/** The inputs of a stage, as leaves. */
export interface StageInput {
  readonly structure: Structure
  readonly u: TensorLeaves
  readonly p: TensorLeaves | null
  /** the leaves by which masks are resolved */
  readonly given: TensorLeaves
  readonly extra: unknown
}

/** The leaves of a tree of float32 tensors in the order of `structure`; null if it is anything else. */
export const tensorsAt = (structure: Structure, tree: unknown): TensorLeaves | null => {
  const leaves: unknown[] = []
  return collect(structure, tree, leaves) ? tensorsOnly(leaves) : null
}

export const tensorsOnly = (leaves: readonly unknown[]): TensorLeaves | null => {
  let hasUndefined = false
  for (const leaf of leaves) {
    if (leaf === undefined) hasUndefined = true
    else if (leaf !== null && (!isTensor(leaf) || leaf.isDisposed || leaf.dtype !== 'float32')) return null
  }
  return (hasUndefined ? leaves.map(leaf => leaf ?? null) : leaves) as TensorLeaves
}

const sameShape = (a: Tensor, b: Tensor): boolean => {
  const { shape } = a
  if (shape.length !== b.shape.length) return false
  for (let i = 0; i < shape.length; i++) if (shape[i] !== b.shape[i]) return false
  return true
}

/** Whether every leaf that has an update has the update's shape. */
const fits = (u: TensorLeaves, leaves: TensorLeaves, mayLack: boolean): boolean => {
  for (let i = 0; i < u.length; i++) {
    const [update, leaf] = [u[i] ?? null, leaves[i] ?? null]
    if (update === null || (leaf === null && mayLack)) continue
    if (leaf === null || !sameShape(update, leaf)) return false
  }
  return true
}

/** The updates and parameters of a request as leaves; null if they do not fit. */
export const readTrees = ({ who, updates, params, extra }: StepRequest): StageInput | null => {
  const hasParams = params !== undefined && params !== null
  const { structure, leaves } = flatten(hasParams ? params : updates, who, hasParams ? 'params' : 'updates')
  const first = tensorsOnly(leaves)
  const u = hasParams ? tensorsAt(structure, updates) : first
  const p = hasParams ? first : null
  if (u === null || u.length === 0 || (structure.kind === 'leaf' && u[0] === null)) return null
  if (hasParams && (p === null || !fits(u, p, false))) return null
  return { structure, u, p, given: p ?? u, extra }
}

/** The plan of a stage and all its inputs; null if something does not fit. */
export const readStage = (
  stage: Stage,
  states: readonly LinkState[],
  { structure, u, p, given: paths, extra }: StageInput,
  goal: Goal,
): PlannedStage | null => {
  if (p === null && stage.rules.some(({ rule }) => rule.readsParams)) return null
  const slots: TensorLeaves[] = []
  const counts: number[] = []
  const given: GivenValue[] = []
  const cells = deviceCellsOf(stage)
  for (const [r, { rule }] of stage.rules.entries()) {
    const { state, where } = states[r] ?? { state: undefined, where: 'state' }
    const record = numberedState(rule, state, where)
    for (const slot in rule.slots) {
      const leaves = tensorsAt(structure, record[slot])
      if (leaves === null || !fits(u, leaves, true)) return null
      slots.push(leaves)
    }
    const own = rule.cellRunner === null ? [] : (cells?.read(rule, record, structure, extra) ?? null)
    if (own === null) return null
    given.push(...own)
    counts.push(record.count)
  }

  // Leaves without an update have classes too, so that freezing a layer needs no other plan.
  const of = classesOf('masked', stage, structure, paths)
  const { keys, plan } = planOf(stage, goal, p !== null, distinct(of))
  if (plan === null) return null
  const numbers = new Map(keys.map((key, c) => [key, c]))
  const classOf = of.map((key, i) => (key === null || (u[i] ?? null) === null ? -1 : (numbers.get(key) ?? -1)))
  if (!hasSlots(plan, slots, classOf) || cells?.areThere(plan, given, classOf) === false) return null

  const scalars: Record<string, number> = {}
  for (const [r, { rule }] of stage.rules.entries()) {
    const names = plan.names[r]?.scalars ?? {}
    const values = rule.scalars((counts[r] ?? 0) + 1)
    for (const name in values) scalars[names[name] ?? name] = values[name] ?? NaN
  }
  const input = { stage, structure, u, p, slots, counts, given, plan, classOf, scalars }
  const runner = stage.rules.find(({ rule }) => rule.byLeaf)?.rule.byPathRunner ?? null
  const scalarsByLeaf = (runner?.onDevice ?? null) as ScalarsByLeaf | null
  return { ...input, leafScalars: runner && (scalarsByLeaf?.(runner, input, paths) ?? null) }
}

/** Whether no slot of an active rule is missing. */
const hasSlots = ({ classes }: Plan, slots: readonly TensorLeaves[], classOf: readonly number[]): boolean =>
  classOf.every((c, i) => {
    const own = classes[c]?.slots ?? []
    return own.every(({ tree }) => (slots[tree]?.[i] ?? null) !== null)
  })
