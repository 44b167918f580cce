/**
 * Runs programs on tensors and takes care of their memory: intermediates are disposed, results are handles of their own
 * that belong to the enclosing `tidy` or the caller, and a failed call leaves nothing behind.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Consuming } from './backends/fused/run.js'
import { ops } from './backends/ops.js'
import { runnerNow } from './backends/registry.js'
import { initialState, interpretStep, type StepGoal, type StepRequest, type StepResult } from './program/execute.js'
import { startsWithGather } from './program/gathers.js'
import type { Program, TryStep } from './program/program.js'
import { placedLinks } from './program/placed.js'
import { resolve } from './program/resolve.js'
import { ownHandles, requireDevice, tensorSet } from './tree/ownership.js'
import { tensorLeaves, tidy } from './tree/map.js'
import { build } from './tree/structure.js'
import { isVariable, type Leaf } from './tree/tensors.js'

/** The result of a step on tensors. */
export type TensorResult = StepResult<tf.Tensor>

export const initTensors = (program: Program, params: unknown): unknown => {
  requireDevice('init', { params })
  const claim = placedLinks(program).some(({ link: { kind } }) => kind === 'opaque')
    ? undefined
    : runnerNow()?.device.claim
  return tidy(() => {
    const state = ownHandles(initialState(ops, program, params), tensorSet(params))
    if (claim !== undefined) tensorLeaves(state).forEach(claim) // nobody else holds slots, since they are results of arithmetic
    return state
  })
}

export const updateTensors = (program: Program, request: StepRequest): readonly [unknown, unknown] => {
  const { structure, leaves, state } = resolved(program, request, (ready, given) => freshStep(ready, given, 'updates'))
  return [build(structure, leaves), state]
}

/** Changes a new parameter, as a constraint does; `i` is the index of the leaf in tree order. */
export type Amend = (leaf: tf.Tensor, i: number) => tf.Tensor

/**
 * One step to new parameters. A Variable that does not change comes back itself; the caller assigns or replaces the
 * others.
 */
export const stepTensors = (program: Program, request: StepRequest, amend?: Amend): TensorResult =>
  resolved(program, request, (ready, given) => amended(freshStep(ready, given, 'params'), given, amend))

/** How a step may overwrite what it replaces. */
export interface Overwriting {
  /** puts results in the places of what they replace, where nothing could be overwritten */
  readonly settle: Consuming['settle']
  /** throws if fresh tensors cannot take the places of the old ones; called before a step to fresh tensors */
  readonly check: () => void
}

/** A step that overwrote what it could, or one to fresh tensors, whose caller puts them in the places of the old ones. */
export interface OverResult {
  readonly isOver: boolean
  readonly result: TensorResult
}

/**
 * One step that overwrites parameters and slots whose memory nobody else holds, if kernels can run all of it; else one to
 * fresh tensors. Gradients of replicas are merged once, since that may take a round over all processes.
 */
export const stepOver = (
  program: Program,
  request: StepRequest,
  { settle, check }: Overwriting,
  amend?: Amend,
): OverResult =>
  resolved(program, request, (ready, given) => {
    const spared = ready === program ? [] : tensorLeaves(request.updates)
    const over = amend === undefined ? (runnerNow()?.whole(ready, given, 'params', { settle, spared }) ?? null) : null
    if (over !== null) return { isOver: true, result: over }
    check()
    return { isOver: false, result: amended(freshStep(ready, given, 'params'), given, amend) }
  })

/** Calls `body` with the program and the request after gradients are merged and the host's choices are made. */
const resolved = <T>(
  program: Program,
  request: StepRequest,
  body: (program: Program, request: StepRequest) => T,
): T => {
  const { who, updates, params, state } = request
  requireDevice(who, { updates, params, state })
  const run = (): T => {
    const attempt: TryStep = (one, given, read) =>
      tf.tidy(() =>
        read(
          freshStep(
            one,
            { ...request, updates: given.updates, state: given.state() },
            params == null ? 'updates' : 'params',
          ).state,
        ),
      )
    const { program: ready, ...next } = resolve(ops, program, state, request, attempt)
    return body(ready, ready === program ? request : { ...request, updates: next.updates, state: next.state })
  }
  return startsWithGather(program) ? tidy(run) : run() // merged gradients are disposed after the step
}

/** A step to fresh tensors, by kernels if a device has them, else by tfjs ops. */
const freshStep = (program: Program, request: StepRequest, goal: StepGoal): TensorResult =>
  runnerNow()?.whole(program, request, goal, null) ?? interpreted(program, request, goal)

const interpreted = (program: Program, request: StepRequest, goal: StepGoal): TensorResult => {
  const { who, updates, params, state } = request
  const given = new Set(tensorLeaves({ updates, params }, who))
  tensorLeaves({ state }, who).forEach(tensor => isVariable(tensor) || given.add(tensor))
  return tidy(() => {
    const result = interpretStep(ops, program, request, goal, runnerNow()?.walk)
    const stays = (leaf: Leaf, i: number): boolean =>
      goal === 'params' && isVariable(leaf) && leaf === (result.before?.[i] ?? null)
    const leaves = result.leaves.map((leaf, i) => (stays(leaf, i) ? leaf : (ownHandles(leaf, given) as Leaf)))
    requireDevice(who, {}) // throws if the device was lost meanwhile, since its results have no values
    return { ...result, leaves, state: ownHandles(result.state, given) }
  })
}

/**
 * Applies `amend` to the parameters of a result and disposes those that it replaces; disposes the whole result if it
 * throws.
 */
const amended = (result: TensorResult, { params }: StepRequest, amend: Amend | undefined): TensorResult => {
  if (amend === undefined) return result
  const { before, leaves, state } = result
  const change = (leaf: Leaf, i: number): Leaf => {
    if (leaf === null || (isVariable(leaf) && leaf === (before?.[i] ?? null))) return leaf
    const after = amend(leaf, i)
    if (after !== leaf) leaf.dispose()
    return after
  }
  try {
    return { ...result, leaves: tidy<readonly Leaf[]>(() => leaves.map(change)) }
  } catch (cause) {
    const given = tensorSet(params)
    tf.dispose([[...tensorLeaves(state)], leaves.flatMap(leaf => (leaf === null || given.has(leaf) ? [] : [leaf]))])
    throw cause
  }
}
