/**
 * Programs on tensors. The one place where a step meets memory: intermediates are disposed, results become handles of
 * their own that belong to the enclosing `tidy` or the caller, and a failed call leaves nothing behind.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Consuming } from './backends/fused/run.js'
import { ops } from './backends/ops.js'
import { runnerNow } from './backends/registry.js'
import { initialState, interpretStep, type StepGoal, type StepRequest, type StepResult } from './program/execute.js'
import { linksIn } from './program/fold.js'
import { startsWithGather, type Program } from './program/program.js'
import { resolve } from './program/resolve.js'
import { ownHandles, requireDevice, tensorSet } from './tree/ownership.js'
import { tensorLeaves, tidy } from './tree/map.js'
import { build } from './tree/structure.js'
import { isVariable, type Leaf } from './tree/tensors.js'

/** A step on tensors, and what it gives. */
export type TensorResult = StepResult<tf.Tensor>

export const initTensors = (program: Program, params: unknown): unknown => {
  requireDevice('init', { params })
  const claim = linksIn(program).some(({ kind }) => kind === 'opaque') ? undefined : runnerNow()?.device.claim
  return tidy(() => {
    const state = ownHandles(initialState(ops, program, params), tensorSet(params))
    if (claim !== undefined) tensorLeaves(state).forEach(claim) // slots are the results of arithmetic
    return state
  })
}

export const updateTensors = (program: Program, request: StepRequest): readonly [unknown, unknown] => {
  const { structure, leaves, state } = resolved(program, request, (ready, given) => freshStep(ready, given, 'updates'))
  return [build(structure, leaves), state]
}

/** The last word on a new parameter, such as a constraint; its number is that of the leaf in tree order. */
export type Amend = (leaf: tf.Tensor, i: number) => tf.Tensor

/** One step to new parameters. A Variable that does not move stays itself; what becomes of the others is up to the caller. */
export const stepTensors = (program: Program, request: StepRequest, amend?: Amend): TensorResult =>
  resolved(program, request, (ready, given) => amended(freshStep(ready, given, 'params'), given, amend))

/**
 * One step that writes over parameters and slots where nobody else holds their memory; `settle` puts every other result
 * into the place of what it replaces. Null where the step has to be taken with fresh tensors.
 */
export const stepOver = (program: Program, request: StepRequest, settle: Consuming['settle']): TensorResult | null =>
  resolved(program, request, (ready, given) => {
    const spared = ready === program ? [] : tensorLeaves(request.updates)
    return runnerNow()?.whole(ready, given, 'params', { settle, spared }) ?? null
  })

/** Calls `body` with the program and the request as they are once the host has made its choices. */
const resolved = <T>(
  program: Program,
  request: StepRequest,
  body: (program: Program, request: StepRequest) => T,
): T => {
  const { who, updates, params, state } = request
  requireDevice(who, { updates, params, state })
  const run = (): T => {
    const { program: ready, ...next } = resolve(ops, program, state, request)
    return body(ready, ready === program ? request : { ...request, updates: next.updates, state: next.state })
  }
  return startsWithGather(program) ? tidy(run) : run() // gradients put together end with the step
}

/** A step whose results are fresh tensors, by kernels where a device has them, else by tfjs ops. */
const freshStep = (program: Program, request: StepRequest, goal: StepGoal): TensorResult =>
  runnerNow()?.whole(program, request, goal, null) ?? interpreted(program, request, goal)

const interpreted = (program: Program, request: StepRequest, goal: StepGoal): TensorResult => {
  const { who, updates, params, state } = request
  const given = new Set(tensorLeaves({ updates, params }, who))
  tensorLeaves({ state }, who).forEach(tensor => isVariable(tensor) || given.add(tensor))
  return tidy(() => {
    const result = interpretStep(ops, program, request, goal, runnerNow()?.stage)
    const stays = (leaf: Leaf, i: number): boolean =>
      goal === 'params' && isVariable(leaf) && leaf === (result.before?.[i] ?? null)
    const leaves = result.leaves.map((leaf, i) => (stays(leaf, i) ? leaf : (ownHandles(leaf, given) as Leaf)))
    requireDevice(who, {}) // results of a device that was lost meanwhile are none
    return { ...result, leaves, state: ownHandles(result.state, given) }
  })
}

/** The result with its parameters as `amend` leaves them; those that it replaced are freed. All of them if it throws. */
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
