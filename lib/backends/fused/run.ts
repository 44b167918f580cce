/** A step on a device: memory for its results, the passes, and trees again. */
import * as tf from '@tensorflow/tfjs-core'
import { updateTree, type Goal } from '../../plan/plan.js'
import type { StepGoal, StepRequest, StepResult } from '../../program/execute.js'
import type { TakeStage } from '../../program/interpret.js'
import { flatOf, openState, type OpenState } from '../../program/placed.js'
import type { Program } from '../../program/program.js'
import { seal } from '../../tree/freeze.js'
import { share } from '../../tree/ownership.js'
import { tensorLeaves } from '../../tree/map.js'
import { build, flatten } from '../../tree/structure.js'
import { isTensor, isVariable, type Leaf } from '../../tree/tensors.js'
import type { Device, Group, LeafRun } from '../device.js'
import { isTrusted } from './check.js'
import { holdAll, isShared, known, type HeldTrees } from './held.js'
import { readStage, readTrees, type PlannedStage, type TensorLeaves } from './read.js'

/** What a step does with parameters and state that it consumes. */
export interface Consuming {
  /** puts a result into the place of what it replaces; a result that is the same tensor was written over, or is as it was */
  readonly settle: (original: Leaf, value: Leaf) => Leaf
  /** tensors of the caller that must not be written over */
  readonly spared: readonly tf.Tensor[]
}

/**
 * A whole step of a program without choices; null where it must be left to the interpreter. Without `consuming` every
 * tensor of the result is a handle of its own, but for a Variable that stays. Nothing has changed if it throws.
 */
export const takeWhole = (
  device: Device,
  program: Program,
  request: StepRequest,
  goal: StepGoal,
  consuming: Consuming | null,
): StepResult<tf.Tensor> | null => {
  const { links, stages } = flatOf(program)
  const [stage] = stages
  if (stage === undefined || stages.length > 1) return null
  const input = readTrees(request)
  if (input === null || (goal === 'params' && input.p === null)) return null
  const opened = openState(program, request.state)
  const states = stage.rules.flatMap(({ number }) => opened.states[number] ?? [])
  const step = readStage(stage, states, input, goal)
  if (step === null || !isTrusted(device, step.plan, step.scalars)) return null
  const idle = links.length === states.length ? none : idleStates(step, opened)
  if (consuming !== null && isShared(step, [...step.u, ...consuming.spared, ...tensorLeaves(idle)])) return null
  const after = run(device, step, goal, consuming !== null, idle)
  if (after === null) return null
  const settle = (originals: TensorLeaves, leaves: TensorLeaves): TensorLeaves =>
    consuming === null ? leaves : leaves.map((leaf, i) => consuming.settle(originals[i] ?? null, leaf))
  const leaves = goal === 'updates' ? after.u : settle(step.p ?? [], after.p ?? [])
  const slots = after.slots.map((tree, k) => settle(step.slots[k] ?? [], tree))
  const state = closed(step, opened, slots, after.idle, consuming)
  return { structure: step.structure, before: step.p, leaves, state }
}

/** The rules of a stage of a program that tfjs ops cut. Intermediate results belong to the running `tidy`. */
export const takeStageOn =
  (device: Device): TakeStage<tf.Tensor> =>
  (stage, states, { structure, given }, flow) => {
    if (stage.rules.length === 0) return null
    const { u, p } = flow
    const step = readStage(stage, states, { structure, u, p, given: given as TensorLeaves }, 'flow')
    if (step === null || !isTrusted(device, step.plan, step.scalars)) return null
    const after = run(device, step, 'flow', false, none)
    if (after === null) return null
    const merged = (before: TensorLeaves, leaves: TensorLeaves): TensorLeaves =>
      before.map((leaf, i) => leaves[i] ?? leaf)
    const nextP = p && merged(p, after.p ?? p)
    const moved = (nextP ?? []).flatMap((leaf, i) => (leaf === p?.[i] ? [] : [i])) // what is not written stays the same
    const isStill = (c: number | undefined, i: number): boolean =>
      step.plan.classes[c ?? -1]?.still ?? (c === -1 && flow.still.has(i))
    const next = { u: merged(u, after.u), p: nextP, moved: new Set([...flow.moved, ...moved]) }
    const still = new Set(u.flatMap((_, i) => (isStill(step.classOf[i], i) ? [i] : [])))
    return [nextStates(step, after.slots), { ...next, still }]
  }

/** States of links that do not run this time, by the number of their link. */
type IdleStates = readonly (readonly [number: number, state: unknown])[]
const none: IdleStates = []

const idleStates = ({ stage }: PlannedStage, { states }: OpenState): IdleStates => {
  const run = new Set(stage.rules.map(({ number }) => number))
  return states.flatMap(({ state }, number) => (run.has(number) ? [] : [[number, state] as const]))
}

/** Tensors that a step makes; freed if it fails. */
class Fresh {
  readonly #made: tf.Tensor[] = []
  constructor(readonly device: Device) {}
  like({ shape }: tf.Tensor): tf.Tensor {
    const tensor = this.device.allocate(shape)
    this.#made.push(tensor)
    return tensor
  }
  handle(tensor: tf.Tensor): tf.Tensor {
    const handle = share(tensor)
    this.#made.push(handle)
    return handle
  }
  free(): void {
    tf.dispose(this.#made)
  }
}

/** What the passes leave, tree by tree. */
interface Written {
  readonly u: Leaf[]
  readonly p: Leaf[] | null
  readonly slots: readonly Leaf[][]
  readonly idle: IdleStates
}

/** `over` says whether what is given is consumed, and may be written over. */
const run = (device: Device, step: PlannedStage, goal: Goal, over: boolean, idle: IdleStates): Written | null => {
  const { plan, scalars } = step
  const isOver = over && device.inPlace
  const held = holdAll(device, step, isOver)
  if (held === null) return null
  const fresh = new Fresh(device)
  try {
    const { runs, ...written } = allocate(fresh, step, held, isOver)
    const kept = over || goal === 'flow' ? idle : idle.map(([n, state]) => [n, ownState(fresh, state)] as const)
    if (!over) ownHandles(fresh, step, written, goal)
    const groups = plan.classes.map((of, c): Group => ({ of, leaves: runs[c] ?? [] }))
    device.run({ plan, groups: groups.filter(({ leaves }) => leaves.length > 0), scalars })
    return { ...written, idle: kept }
  } catch (cause) {
    fresh.free()
    throw cause
  }
}

/** A place for every result, and what each leaf reads and writes. What a step leaves alone stays the same tensor. */
const allocate = (
  fresh: Fresh,
  { u, p, slots, plan, classOf }: PlannedStage,
  held: HeldTrees,
  over: boolean,
): Omit<Written, 'idle'> & { readonly runs: readonly LeafRun[][] } => {
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
    if (of.runs && update.size > 0) runs[c]?.push({ order, size: update.size, reads, writes, over: overwritten })
  }
  const [nextU = [], nextP = [], ...nextSlots] = after
  return { u: nextU, p: p && nextP, slots: nextSlots, runs }
}

/** Results that are tensors given become handles of their own, but for Variables that a step leaves alone. */
const ownHandles = (fresh: Fresh, given: PlannedStage, after: Omit<Written, 'idle'>, goal: Goal): void => {
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

/** A state of which every tensor is a handle of its own. */
const ownState = (fresh: Fresh, state: unknown): unknown =>
  mapTensors(state, tensor => (isVariable(tensor) ? tensor : fresh.handle(tensor)))

const mapTensors = (state: unknown, change: (tensor: tf.Tensor) => Leaf): unknown => {
  const { structure, leaves } = flatten(state)
  return build(
    structure,
    leaves.map(leaf => (isTensor(leaf) ? change(leaf) : leaf)),
    seal,
  )
}

/** The states of a stage's rules after a step. */
const nextStates = ({ stage, structure, counts }: PlannedStage, trees: readonly TensorLeaves[]): readonly unknown[] => {
  let next = 0
  return stage.rules.map(({ rule }, r) => {
    const record: Record<string, unknown> = { count: (counts[r] ?? 0) + 1 }
    for (const slot in rule.slots) record[slot] = build(structure, trees[next++] ?? [], seal)
    return seal(record)
  })
}

/** The state of the whole program. */
const closed = (
  step: PlannedStage,
  { states, close }: OpenState,
  slots: readonly TensorLeaves[],
  idle: IdleStates,
  consuming: Consuming | null,
): unknown => {
  const ran = nextStates(step, slots)
  if (ran.length === states.length) return close(ran)
  const next: unknown[] = states.map(({ state }) => state)
  step.stage.rules.forEach(({ number }, r) => (next[number] = ran[r]))
  for (const [number, state] of idle)
    next[number] = consuming === null ? state : mapTensors(state, tensor => consuming.settle(tensor, tensor))
  return close(next)
}
