/** A step on a device: memory for its results, the passes, and trees again. */
import * as tf from '@tensorflow/tfjs-core'
import type { Request } from '../../rule/execute.js'
import { gatherFirst } from '../../rule/gather.js'
import type { Goal } from '../../rule/plan/plan.js'
import { joinState } from '../../rule/plan/placed.js'
import type { Program } from '../../rule/program.js'
import { seal } from '../../tree/freeze.js'
import { share } from '../../tree/ownership.js'
import { tensorLeaves, tidy } from '../../tree/map.js'
import { build, type Structure } from '../../tree/structure.js'
import { isVariable, type Leaf } from '../../tree/tensors.js'
import type { Device, Group, LeafRun } from '../device.js'
import { ops } from '../ops.js'
import { isTrusted } from './check.js'
import { holdAll, isShared, known, sharesMemory, type HeldTrees } from './held.js'
import { prepare, read, readTrees, type Input, type Leaves, type Prepared, type Step } from './read.js'
import { paramStream, updateStream, wiringOf } from './wiring.js'

/**
 * What a step gives. Where it may write over what it was given, a leaf that is the same tensor as before was written over
 * or stays as it is; else every tensor is a handle of its own, but for a Variable that stays.
 */
export interface Fused {
  readonly structure: Structure
  readonly before: Leaves | null
  /** none where parameters are the goal: gradients of replicas put together end with the step */
  readonly u: Leaves
  readonly p: Leaves | null
  /** the slots given, and those after the step, rule by rule */
  readonly slotsBefore: readonly Leaves[]
  readonly slots: readonly Leaves[]
  /** the state with these trees in place of the slots */
  readonly stateOf: (slots: readonly Leaves[]) => unknown
}

/** A step without donation; null where it must be left to the interpreter. Nothing has changed if it throws. */
export const runFused = (device: Device, program: Program, request: Request, goal: Goal): Fused | null =>
  gathered(program, request, (ready, given) => {
    const step = stepOf(device, ready, given, goal)
    return step && run(device, ready, step, goal, false)
  })

/** New parameters, written over the old ones and the slots where nobody else holds their memory. */
export const runOver = (device: Device, program: Program, request: Request): Fused | null =>
  gathered(program, request, (ready, given) => {
    const step = stepOf(device, ready, given, 'params')
    if (step?.p == null) return null
    const replicas = ready.gathers ? tensorLeaves(request.updates) : []
    return isShared(step, [...step.u, ...replicas]) ? null : run(device, ready, step, 'params', true)
  })

/** Links of a chain that another link cuts: what they leave for it. Intermediate results belong to the running `tidy`. */
export const runLinks = (device: Device, program: Program, input: Input): Fused | null => {
  const ready = prepare(program)
  const step = ready?.gathers === false ? read(ready, input, 'flow') : null
  if (ready === null || step === null || !isTrusted(device, step.plan, step.scalars)) return null
  return run(device, ready, step, 'flow', false)
}

/** The request with the gradients of all replicas put together, if the program begins with that. */
const gathered = (
  program: Program,
  request: Request,
  body: (ready: Prepared, request: Request) => Fused | null,
): Fused | null => {
  const ready = prepare(program)
  if (ready === null) return null
  return ready.gathers
    ? tidy(() => body(ready, { ...request, ...gatherFirst(ops, program, request.state, request) }))
    : body(ready, request)
}

const stepOf = (device: Device, ready: Prepared, request: Request, goal: Goal): Step | null => {
  const input = readTrees(ready, request)
  const step = input && (goal === 'updates' || input.p !== null) ? read(ready, input, goal) : null
  return step !== null && isTrusted(device, step.plan, step.scalars) ? step : null
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

/** `over` says whether what is given is consumed, and may be written over. */
const run = (device: Device, ready: Prepared, step: Step, goal: Goal, over: boolean): Fused | null => {
  const { structure, p, plan, scalars } = step
  const isOver = over && device.inPlace
  const held = holdAll(device, step, isOver)
  if (held === null || (isOver && sharesMemory(device, held))) return null
  const fresh = new Fresh(device)
  try {
    const { runs, ...after } = allocate(fresh, step, held, isOver)
    if (!over) ownHandles(fresh, step, after, goal)
    const groups = plan.classes.map((of, c): Group => ({ of, leaves: runs[c] ?? [] }))
    device.run({ plan, groups: groups.filter(({ leaves }) => leaves.length > 0), scalars })
    const u = goal === 'params' ? [] : after.u
    return { structure, before: p, ...after, u, slotsBefore: step.slots, stateOf: trees => stateOf(ready, step, trees) }
  } catch (cause) {
    fresh.free()
    throw cause
  }
}

interface After {
  readonly u: Leaf[]
  readonly p: Leaf[] | null
  readonly slots: readonly Leaf[][]
}

/** A place for every result, and what each leaf reads and writes. What a step leaves alone stays the same tensor. */
const allocate = (fresh: Fresh, { u, p, slots, plan, classOf }: Step, held: HeldTrees, over: boolean) => {
  const { device } = fresh
  const keepsParam = (stream: number, old: tf.Tensor): boolean =>
    stream === paramStream && device.handsOutMemory === true && isVariable(old)
  const before: readonly Leaves[] = [u, p ?? [], ...slots]
  const after = before.map(leaves => leaves.slice())
  const runs: LeafRun[][] = plan.classes.map(() => [])
  const wirings = plan.classes.map(wiringOf)
  for (let order = 0; order < u.length; order++) {
    const update = u[order] ?? null
    const c = classOf[order] ?? -1
    const wiring = wirings[c]
    if (update === null || wiring === undefined) continue
    const reads: object[] = []
    for (const stream of wiring.reads) reads.push(known(held[stream]?.[order]))
    const writes: object[] = []
    const overwritten: object[] = []
    for (const stream of wiring.writes) {
      const old = before[stream]?.[order] ?? update
      if (over && stream !== updateStream && !keepsParam(stream, old)) {
        const own = known(held[stream]?.[order])
        if (device.isOwn(own)) {
          writes.push(own)
          overwritten.push(own)
          continue
        }
      }
      const made = fresh.like(old)
      const tree = after[stream]
      if (tree !== undefined) tree[order] = made
      writes.push(known(device.hold(made)))
    }
    if (wiring.runs && update.size > 0) runs[c]?.push({ order, size: update.size, reads, writes, over: overwritten })
  }
  const [nextU = [], nextP = [], ...nextSlots] = after
  return { u: nextU, p: p && nextP, slots: nextSlots, runs }
}

/** Results that are tensors given become handles of their own, but for Variables that a step leaves alone. */
const ownHandles = (fresh: Fresh, given: Step, after: After, goal: Goal): void => {
  const own = (leaves: Leaf[], before: Leaves, stays: (leaf: tf.Tensor) => boolean): void => {
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

const stateOf = (
  { program, gathers, rules }: Prepared,
  { structure, counts, gatherState }: Step,
  trees: readonly Leaves[],
): unknown => {
  let next = 0
  return joinState(program, [
    ...(gathers ? [gatherState] : []),
    ...rules.map(({ slots }, r) => {
      const record: Record<string, unknown> = { count: (counts[r] ?? 0) + 1 }
      for (const slot in slots) record[slot] = build(structure, trees[next++] ?? [], seal)
      return seal(record)
    }),
  ])
}
