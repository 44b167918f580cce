/**
 * What becomes of the tensors that a step replaces. A Variable is assigned and stays itself; anything else that is
 * consumed is disposed, and its successor takes its place, kept or in its outer scope. Effects: all of these.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { stepOver, stepTensors, type Amend, type TensorResult } from './run.js'
import type { StepRequest } from './program/execute.js'
import type { Program } from './program/program.js'
import { seal } from './tree/freeze.js'
import { tensorLeaves } from './tree/map.js'
import { checkAssignment, checkDonation, succeed, transfer } from './tree/ownership.js'
import { build, flatten, leavesAt } from './tree/structure.js'
import { isTensor, isVariable, type Leaf } from './tree/tensors.js'

/** The new parameters as a tree. One that is a Variable takes its value and stays itself. */
export const assigned = ({ structure, before, leaves }: TensorResult): unknown =>
  build(
    structure,
    leaves.map((leaf, i) => assign(before?.[i] ?? null, leaf)),
  )

const assign = (before: Leaf, after: Leaf): Leaf => {
  if (!isVariable(before) || after === null) return after
  if (after !== before) {
    before.assign(after)
    after.dispose()
  }
  return before
}

/** The value in the place of the original: assigned to a Variable, else under a new handle, and the original is gone. */
const settle = (original: Leaf, value: Leaf): Leaf => {
  if (isVariable(original)) return assign(original, value)
  if (original === null || value === null) return value
  if (original === value) return transfer(original)
  const successor = succeed(original, value)
  value.dispose()
  return successor
}

/** One step that consumes params and state; what is a Variable among them is assigned. A call that throws changes nothing. */
export const stepInPlace = (program: Program, request: StepRequest, amend?: Amend): readonly [unknown, unknown] => {
  const over = amend === undefined ? stepOver(program, request, settle) : null
  if (over !== null) return [build(over.structure, over.leaves), over.state]
  const { who, params, state, updates } = request
  checkAssignment(who, params)
  checkDonation(who, params, state, updates)
  return consume(stepTensors(program, request, amend), state)
}

/** Fresh results in the places of the old tensors. */
const consume = ({ structure, before, leaves, state }: TensorResult, old: unknown): readonly [unknown, unknown] => {
  const params = leaves.map((leaf, i) => settle(before?.[i] ?? null, leaf))
  const next = flatten(state)
  const originals = leavesAt(next.structure, old)
  const moved = next.leaves.map((leaf, i) => {
    const original = originals[i]
    return isTensor(leaf) && isTensor(original) ? settle(original, leaf) : leaf
  })
  tensorLeaves(old).forEach(left => {
    if (isConsumed(left) && !left.isDisposed) left.dispose() // the state of a user's link may lose tensors
  })
  return [build(structure, params), build(next.structure, moved, seal)]
}

const isConsumed = (x: unknown): x is Tensor => isTensor(x) && !isVariable(x)
