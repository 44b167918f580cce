/** States after a step on a device: those of rules that ran, and of idle links. */
import type * as tf from '@tensorflow/tfjs-core'
import type { OpenState } from '../../program/placed.js'
import { seal } from '../../tree/freeze.js'
import { build, flatten, type Flat } from '../../tree/structure.js'
import { isTensor, type Leaf } from '../../tree/tensors.js'
import { deviceCellsOf } from './cellRunner.js'
import type { GivenValue, PlannedStage, TensorLeaves } from './planned.js'

/** The state of a link that does not run in this step, taken apart, and the index of the link. */
interface IdleState extends Flat {
  readonly number: number
  /** its tensors, in the places of the leaves that they are; null in those of counts */
  readonly tensors: TensorLeaves
}
export type IdleStates = readonly IdleState[]
export const noIdle: IdleStates = []

export const idleStates = ({ stage }: PlannedStage, { states }: OpenState): IdleStates => {
  const run = new Set(stage.rules.map(({ number }) => number))
  return states.flatMap(({ state }, number) => {
    if (run.has(number)) return []
    const { structure, leaves } = flatten(state)
    return [{ number, structure, leaves, tensors: leaves.map(leaf => (isTensor(leaf) ? leaf : null)) }]
  })
}

export const tensorsIn = (idle: IdleStates): TensorLeaves => idle.flatMap(({ tensors }) => tensors)

/** The idle states with `change` applied to their tensors. */
export const mapIdle = (idle: IdleStates, change: (tensor: tf.Tensor) => Leaf): IdleStates =>
  idle.map(({ number, structure, leaves, tensors }) => {
    const changed = tensors.map(tensor => (tensor === null ? null : change(tensor)))
    return { number, structure, leaves: leaves.map((leaf, i) => changed[i] ?? leaf), tensors: changed }
  })

/** The states of a stage's rules after a step. */
export const nextStates = (
  step: PlannedStage,
  trees: readonly TensorLeaves[],
  given: readonly GivenValue[],
): readonly unknown[] => {
  const { stage, structure, counts } = step
  let next = 0
  const cells = deviceCellsOf(stage)?.fields(step, given)
  return stage.rules.map(({ rule }, r) => {
    const record: Record<string, unknown> = { count: (counts[r] ?? 0) + 1 }
    for (const slot in rule.slots) record[slot] = build(structure, trees[next++] ?? [], seal)
    return seal(Object.assign(record, cells?.[r]))
  })
}

/** The state of the whole program, from those of its rules and idle links. */
export const closeState = (
  step: PlannedStage,
  { states, close }: OpenState,
  slots: readonly TensorLeaves[],
  given: readonly GivenValue[],
  idle: IdleStates,
): unknown => {
  const ran = nextStates(step, slots, given)
  if (ran.length === states.length) return close(ran)
  const next: unknown[] = states.map(({ state }) => state)
  step.stage.rules.forEach(({ number }, r) => (next[number] = ran[r]))
  for (const { number, structure, leaves } of idle) next[number] = build(structure, leaves, seal)
  return close(next)
}
