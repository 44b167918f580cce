/**
 * Programs on tensors. The one place where an interpretation meets memory: intermediates are disposed, results become
 * handles of their own that belong to the enclosing `tidy` or the caller, and a failed call leaves nothing behind.
 */
import * as tf from '@tensorflow/tfjs-core'
import { ops } from './backends/ops.js'
import { initialState, runStep, runUpdate, type Outcome, type Request } from './rule/execute.js'
import type { Program } from './rule/program.js'
import { ownHandles, requireBackend, tensorSet } from './tree/ownership.js'
import { tensorsOf, tidy } from './tree/map.js'
import { build, type Structure } from './tree/structure.js'
import { isVariable, type Leaf } from './tree/tensors.js'

export const initTensors = (program: Program, params: unknown): unknown => {
  requireBackend('init')
  return tidy(() => ownHandles(initialState(ops, program, params), tensorSet(params)))
}

/** What a run on tensors gives; every tensor in it is new, but a Variable that a step leaves as it is. */
export interface Ran {
  readonly structure: Structure
  readonly before: readonly Leaf[] | null
  readonly leaves: readonly Leaf[]
  readonly state: unknown
}

const owned = (
  run: typeof runStep,
  program: Program,
  request: Request,
  stays: (leaf: Leaf, before: Leaf) => boolean,
  amend: Amend = leaf => leaf,
): Ran => {
  requireBackend(request.who)
  const given = tensorSet(request.updates, request.params)
  tensorsOf(request.state).forEach(([, tensor]) => isVariable(tensor) || given.add(tensor))
  return tidy(() => {
    const { structure, before, leaves, state }: Outcome<tf.Tensor> = run(ops, program, request)
    const own = leaves.map((leaf, i) =>
      stays(leaf, before?.[i] ?? null) ? leaf : (ownHandles(leaf === null ? null : amend(leaf, i), given) as Leaf),
    )
    return { structure, before, leaves: own, state: ownHandles(state, given) }
  })
}

export const updateTensors = (program: Program, request: Request): readonly [unknown, unknown] => {
  const { structure, leaves, state } = owned(runUpdate, program, request, () => false)
  return [build(structure, leaves), state]
}

/** The last word on a new parameter, such as a constraint; its number is that of the leaf in tree order. */
export type Amend = (leaf: tf.Tensor, i: number) => tf.Tensor

/** One step; what becomes of the parameters given is up to the caller. A Variable that does not move stays itself. */
export const stepTensors = (program: Program, request: Request, amend?: Amend): Ran =>
  owned(runStep, program, request, (leaf, before) => isVariable(leaf) && leaf === before, amend)
