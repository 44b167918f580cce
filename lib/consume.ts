/**
 * Puts the results of a step in the places of the tensors that it replaces. A Variable is assigned; any other consumed
 * tensor is disposed, and its successor is kept, or tracked by the outer scope, as the tensor was. Effects: all of
 * these.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { stepOver, type Amend, type TensorResult } from './run.js'
import type { StepRequest } from './program/execute.js'
import type { Program } from './program/program.js'
import { seal } from './tree/freeze.js'
import { tensorLeaves } from './tree/map.js'
import { checkAssignment, checkDonation, succeed, transfer } from './tree/ownership.js'
import { build, flatten, leavesAt } from './tree/structure.js'
import { isTensor, isVariable, type Leaf } from './tree/tensors.js'

/** The new parameters as a tree. A Variable is assigned its new value and returned. */
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

/**
 * Puts a value in the place of the original: assigns it to a Variable, or returns a new handle and disposes the
 * original.
 */
const settle = (original: Leaf, value: Leaf): Leaf => {
  if (isVariable(original)) return assign(original, value)
  if (original === null || value === null) return value
  if (original === value) return transfer(original)
  const successor = succeed(original, value)
  value.dispose()
  return successor
}

/** One step that consumes params and state; Variables among them are assigned. A call that throws changes nothing. */
export const stepInPlace = (program: Program, request: StepRequest, amend?: Amend): readonly [unknown, unknown] => {
  const { who, params, state, updates } = request
  const check = (): void => {
    checkAssignment(who, params)
    checkDonation(who, params, state, updates)
  }
  const { isOver, result } = stepOver(program, request, { settle, check }, amend)
  return isOver ? [build(result.structure, result.leaves), result.state] : consume(result, state)
}

/** Puts fresh results in the places of the old tensors. */
const consume = ({ structure, before, leaves, state }: TensorResult, old: unknown): readonly [unknown, unknown] => {
  const params = leaves.map((leaf, i) => settle(before?.[i] ?? null, leaf))
  const next = flatten(state)
  const originals = leavesAt(next.structure, old)
  const moved = next.leaves.map((leaf, i) => {
    const original = originals[i]
    return isTensor(leaf) && isTensor(original) ? settle(original, leaf) : leaf
  })
  tensorLeaves(old).forEach(left => {
    if (isConsumed(left) && !left.isDisposed) left.dispose() // a user's link may drop tensors from its state
  })
  return [build(structure, params), build(next.structure, moved, seal)]
}

const isConsumed = (x: unknown): x is Tensor => isTensor(x) && !isVariable(x)
