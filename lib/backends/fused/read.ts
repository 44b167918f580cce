/**
 * Reads the inputs of a step on a device: flattens trees, and finds the classes of leaves and their plan. If something
 * does not fit (a wrong shape, a missing leaf, an integer tensor) the answer is null, and the interpreter takes the
 * step and reports the fault.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { classesOf, distinct, planOf, type ClassKey } from '../../plan/planner.js'
import type { Goal, Plan } from '../../plan/plan.js'
import type { StepRequest } from '../../program/execute.js'
import type { LinkState, Stage } from '../../program/placed.js'
import { numberedState } from '../../program/record.js'
import { leafScalars } from '../../rule/leafScalars.js'
import type { Scalars } from '../../rule/rule.js'
import { namesOf } from '../../tree/firstName.js'
import { extrasOf, isCell, type Given } from './cells.js'
import { collect, flatten, type Structure } from '../../tree/structure.js'
import { isTensor, type Leaf } from '../../tree/tensors.js'

export type TensorLeaves = readonly Leaf[]

/** The inputs of a stage, as leaves. */
export interface StageInput {
  readonly structure: Structure
  readonly u: TensorLeaves
  readonly p: TensorLeaves | null
  /** the leaves by which masks are resolved */
  readonly given: TensorLeaves
  readonly extra: unknown
}

/** A stage with its plan and its inputs, which all fit. */
export interface PlannedStage {
  readonly stage: Stage
  readonly structure: Structure
  readonly u: TensorLeaves
  readonly p: TensorLeaves | null
  /** the trees of all slots, rule by rule */
  readonly slots: readonly TensorLeaves[]
  readonly counts: readonly number[]
  /** the numbers of `plan.given` */
  readonly given: readonly Given[]
  readonly plan: Plan
  /** the index of each leaf's class, -1 if the leaf sits out */
  readonly classOf: readonly number[]
  readonly scalars: Scalars
  /** the scalars of each leaf that takes part; null if they are the same for all */
  readonly leafScalars: readonly Scalars[] | null
}

/** The leaves of a tree of float32 tensors in the order of `structure`; null if it is anything else. */
const tensorsAt = (structure: Structure, tree: unknown): TensorLeaves | null => {
  const leaves: unknown[] = []
  return collect(structure, tree, leaves) ? tensorsOnly(leaves) : null
}

const tensorsOnly = (leaves: readonly unknown[]): TensorLeaves | null => {
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
  const given: Given[] = []
  for (const [r, { rule }] of stage.rules.entries()) {
    const { state, where } = states[r] ?? { state: undefined, where: 'state' }
    const record = numberedState(rule, state, where)
    for (const slot in rule.slots) {
      const leaves = tensorsAt(structure, record[slot])
      if (leaves === null || !fits(u, leaves, true)) return null
      slots.push(leaves)
    }
    for (const cell in rule.cells) {
      const whole = rule.cells[cell]?.over === 'tree'
      const leaves = whole ? tensorsOnly([record[cell]]) : tensorsAt(structure, record[cell])
      if (leaves === null || !leaves.every(isCell)) return null
      const one = whole ? leaves[0] : leaves
      if (one == null) return null
      given.push(one)
    }
    given.push(...extrasOf(rule, extra))
    counts.push(record.count)
  }

  // Leaves without an update have classes too, so that freezing a layer needs no other plan.
  const of = classesOf('masked', stage, structure, paths)
  const { keys, plan } = planOf(stage, goal, p !== null, distinct(of))
  if (plan === null) return null
  const numbers = new Map(keys.map((key, c) => [key, c]))
  const classOf = of.map((key, i) => (key === null || (u[i] ?? null) === null ? -1 : (numbers.get(key) ?? -1)))
  if (!hasSlots(plan, slots, given, classOf)) return null

  const scalars: Record<string, number> = {}
  for (const [r, { rule }] of stage.rules.entries()) {
    const names = plan.names[r]?.scalars ?? {}
    const values = rule.scalars((counts[r] ?? 0) + 1)
    for (const name in values) scalars[names[name] ?? name] = values[name] ?? NaN
  }
  const input = { stage, structure, u, p, slots, counts, given, plan, classOf, scalars }
  const isByLeaf = stage.rules.some(({ rule }) => rule.byLeaf)
  return { ...input, leafScalars: isByLeaf ? scalarsByLeaf(input, paths, keys) : null }
}

/** The scalars of each leaf. Leaves of one class with equal hyperparameters share a record. */
const scalarsByLeaf = (
  { stage, structure, counts, plan, classOf, scalars }: Omit<PlannedStage, 'leafScalars'>,
  given: TensorLeaves,
  keys: readonly ClassKey[],
): readonly Scalars[] => {
  const paths = namesOf(structure, given)
  const byClass = keys.map((key, c) => {
    const links = stage.rules.flatMap(({ rule }, r) => {
      if (!rule.byLeaf || key[r] !== '1') return []
      return [{ numbers: rule, t: (counts[r] ?? 0) + 1, names: plan.names[r]?.scalars ?? {} }]
    })
    return leafScalars(links, scalars, () => paths.filter((_, i) => classOf[i] === c))
  })
  return classOf.map((c, i) => byClass[c]?.(paths[i] ?? '', given[i]) ?? scalars)
}

/** Whether no slot and no cell of an active rule is missing. */
const hasSlots = (
  { classes, given: planned }: Plan,
  slots: readonly TensorLeaves[],
  given: readonly Given[],
  classOf: readonly number[],
): boolean => {
  const cells = planned.flatMap(({ over, rule }, k) =>
    over === 'leaf' ? [{ rule, leaves: given[k] as TensorLeaves }] : [],
  )
  return classOf.every((c, i) => {
    const own = classes[c]?.slots ?? []
    if (!own.every(({ tree }) => (slots[tree]?.[i] ?? null) !== null)) return false
    return cells.every(({ rule, leaves }) => classes[c]?.rules[rule] !== true || (leaves[i] ?? null) !== null)
  })
}
