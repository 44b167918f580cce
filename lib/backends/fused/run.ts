/** Runs a step on a device: finds memory for the results, runs the passes, and rebuilds trees. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Goal } from '../../plan/plan.js'
import type { StepGoal, StepRequest, StepResult } from '../../program/execute.js'
import { openState } from '../../program/placed.js'
import type { Program } from '../../program/program.js'
import { flatOf, type TakeStage } from '../../program/stages.js'
import { isVariable, type Leaf } from '../../tree/tensors.js'
import type { Device, Group } from '../device.js'
import { isPrepared, isTrusted } from './trusted.js'
import { deviceCellsOf, noCells } from './cellRunner.js'
import { holdAll, isShared } from './held.js'
import { Fresh } from './fresh.js'
import { allocate, ownHandles, type Written } from './memory.js'
import type { GivenValue, PlannedStage, TensorLeaves } from './planned.js'
import { readStage, readTrees } from './read.js'
import { closeState, idleStates, mapIdle, nextStates, noIdle, tensorsIn, type IdleStates } from './states.js'

/** How a step replaces the parameters and state that it consumes. */
export interface Consuming {
  /** puts a result in the place of the original; if both are one tensor, it was overwritten or has not changed */
  readonly settle: (original: Leaf, value: Leaf) => Leaf
  /** tensors of the caller that must not be overwritten */
  readonly spared: readonly tf.Tensor[]
}

/**
 * A whole step of a program without choices; null if the interpreter must take it. Without `consuming` every tensor of
 * the result is a handle of its own, except Variables that do not change. If it throws, nothing has changed.
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
  if (step === null || !isTrusted(device, step.stage, step.plan, step.scalars)) return null
  const idle = links.length === states.length ? noIdle : idleStates(step, opened)
  if (
    consuming !== null &&
    isShared(step, deviceCellsOf(stage)?.tensors(step) ?? [], [...step.u, ...consuming.spared, ...tensorsIn(idle)])
  )
    return null
  const after = run(device, step, goal, consuming !== null, idle)
  if (after === null) return null
  const settle = (originals: TensorLeaves, leaves: TensorLeaves): TensorLeaves =>
    consuming === null ? leaves : leaves.map((leaf, i) => consuming.settle(originals[i] ?? null, leaf))
  const leaves = goal === 'updates' ? after.u : settle(step.p ?? [], after.p ?? [])
  const slots = after.slots.map((tree, k) => settle(step.slots[k] ?? [], tree))
  const given = consuming === null ? after.given : mapped(step, after.given, consuming.settle)
  const kept = consuming === null ? after.idle : mapIdle(after.idle, tensor => consuming.settle(tensor, tensor))
  const state = closeState(step, opened, slots, given, kept)
  return { structure: step.structure, before: step.p, leaves, state }
}

/** Runs the rules of one stage of a cut program. Results belong to the running `tidy`. */
export const takeStageOn =
  (device: Device): TakeStage<tf.Tensor> =>
  (stage, states, { structure, given, extra }, flow) => {
    if (stage.rules.length === 0) return null
    const { u, p } = flow
    const step = readStage(stage, states, { structure, u, p, given: given as TensorLeaves, extra }, 'flow')
    if (step === null || !isTrusted(device, step.stage, step.plan, step.scalars)) return null
    const after = run(device, step, 'flow', false, noIdle)
    if (after === null) return null
    const merged = (before: TensorLeaves, leaves: TensorLeaves): TensorLeaves =>
      before.map((leaf, i) => leaves[i] ?? leaf)
    const nextP = p && merged(p, after.p ?? p)
    // leaves that the passes did not write are the same tensors
    const moved = (nextP ?? []).flatMap((leaf, i) => (leaf === p?.[i] ? [] : [i]))
    const next = { ...flow, u: merged(u, after.u), p: nextP, moved: new Set([...flow.moved, ...moved]) }
    return [nextStates(step, after.slots, after.given), next]
  }

/** The cells with `change` applied to every tensor and the one that it replaces. */
const mapped = (step: PlannedStage, given: readonly GivenValue[], change: Consuming['settle']): readonly GivenValue[] =>
  deviceCellsOf(step.stage)?.map(step, given, change) ?? given

/**
 * Runs a planned stage; `over`: its inputs are consumed and may be overwritten. Null if kernels cannot use them or
 * cannot be compiled.
 */
const run = (
  device: Device,
  step: PlannedStage,
  goal: Goal,
  over: boolean,
  idle: IdleStates,
): (Written & { readonly idle: IdleStates; readonly given: readonly GivenValue[] }) | null => {
  const { plan, scalars } = step
  const isOver = over && device.inPlace
  const held = holdAll(device, step, isOver)
  const runner = deviceCellsOf(step.stage)
  const heldGiven = held && runner ? runner.hold(device, step) : []
  if (held === null || heldGiven === null) return null
  const fresh = new Fresh(device)
  try {
    const { runs, ...written } = allocate(fresh, step, held, isOver)
    const cells = runner?.allocate(fresh, step, heldGiven, isOver) ?? noCells
    const kept =
      over || goal === 'flow' ? idle : mapIdle(idle, tensor => (isVariable(tensor) ? tensor : fresh.handle(tensor)))
    if (!over) ownHandles(fresh, step, written, goal)
    const own = (original: Leaf, value: Leaf): Leaf =>
      value !== null && value === original ? fresh.handle(value) : value
    const given = over || goal === 'flow' ? cells.given : mapped(step, cells.given, own)
    const classes = plan.classes.map((of, c): Group => ({ of, leaves: runs[c] ?? [] }))
    const groups = [...classes, ...cells.groups].filter(({ leaves }) => leaves.length > 0)
    const job = { plan, groups, numbers: cells.numbers, scalars }
    if (!isPrepared(device, job)) {
      fresh.free()
      return null
    }
    device.run(job)
    return { ...written, idle: kept, given }
  } catch (cause) {
    fresh.free()
    throw cause
  }
}
