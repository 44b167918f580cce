/**
 * Programs on tensors. The one place where an interpretation meets memory: intermediates are disposed, results become
 * handles of their own that belong to the enclosing `tidy` or the caller, and a failed call leaves nothing behind.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Fused } from './backends/fused/run.js'
import { ops } from './backends/ops.js'
import { runnerNow } from './backends/registry.js'
import { initialState, runStep, runUpdate, type Outcome, type Request } from './rule/execute.js'
import type { Interpreter } from './rule/interpreter.js'
import { splitState } from './rule/plan/placed.js'
import type { Program } from './rule/program.js'
import { ownHandles, requireBackend, tensorSet } from './tree/ownership.js'
import { tensorLeaves, tidy } from './tree/map.js'
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

/** Links that another cuts from the rest of a chain, on the device of now. */
const together: NonNullable<Interpreter<tf.Tensor>['together']> = (links, { structure, given, active }, flow) => {
  const { u, p } = flow
  const runner = runnerNow()
  const only = (leaves: readonly Leaf[]): readonly Leaf[] => leaves.map((leaf, i) => (active[i] === true ? leaf : null))
  const program = togetherAs(links.map(link => link.program))
  if (runner === null || links.length === 0) return null
  const states = links.flatMap(link => splitState(link.program, link.state, link.where))
  const done = runner.links(program, { structure, u: only(u), p, given: given as readonly Leaf[], states })
  if (done === null) return null
  const next = done.stateOf(done.slots) as readonly unknown[]
  const after = (before: readonly Leaf[], leaves: readonly Leaf[]): readonly Leaf[] =>
    before.map((leaf, i) => (active[i] === true ? (leaves[i] ?? leaf) : leaf))
  const nextP = p && after(p, done.p ?? p)
  const moved = (nextP ?? []).flatMap((leaf, i) => (leaf === p?.[i] ? [] : [i])) // what is not written stays the same
  return [next, { u: after(u, done.u), p: nextP, moved: new Set([...flow.moved, ...moved]) }]
}

/** Runs of links by their links, one after the other. */
class Runs {
  readonly #next = new WeakMap<Program, Runs>()
  constructor(readonly chain: Program & { readonly kind: 'chain' }) {}
  with(link: Program): Runs {
    const known = this.#next.get(link)
    if (known !== undefined) return known
    const made = new Runs({ kind: 'chain', links: [...this.chain.links, link], names: null })
    this.#next.set(link, made)
    return made
  }
}
const noLinks = new Runs({ kind: 'chain', links: [], names: null })

/** One chain of some links, the same object for the same links, since plans are kept with it. */
const togetherAs = (links: readonly Program[]): Program => links.reduce((run, link) => run.with(link), noLinks).chain

const tensors: Interpreter<tf.Tensor> = { ...ops, together }

const owned = (
  run: typeof runStep,
  program: Program,
  request: Request,
  stays: (leaf: Leaf, before: Leaf) => boolean,
  amend: Amend = leaf => leaf,
): Ran => {
  requireBackend(request.who)
  const given = tensorSet(request.updates, request.params)
  tensorLeaves(request.state).forEach(tensor => isVariable(tensor) || given.add(tensor))
  return tidy(() => {
    const { structure, before, leaves, state }: Outcome<tf.Tensor> = run(tensors, program, request)
    const own = leaves.map((leaf, i) =>
      stays(leaf, before?.[i] ?? null) ? leaf : (ownHandles(leaf === null ? null : amend(leaf, i), given) as Leaf),
    )
    return { structure, before, leaves: own, state: ownHandles(state, given) }
  })
}

export const updateTensors = (program: Program, request: Request): readonly [unknown, unknown] => {
  const fused = runOnDevice(program, request, 'updates')
  if (fused !== null) return [build(fused.structure, fused.leaves), fused.state]
  const { structure, leaves, state } = owned(runUpdate, program, request, () => false)
  return [build(structure, leaves), state]
}

/** The last word on a new parameter, such as a constraint; its number is that of the leaf in tree order. */
export type Amend = (leaf: tf.Tensor, i: number) => tf.Tensor

/** One step; what becomes of the parameters given is up to the caller. A Variable that does not move stays itself. */
export const stepTensors = (program: Program, request: Request, amend?: Amend): Ran => {
  const stays = (leaf: Leaf, before: Leaf): boolean => isVariable(leaf) && leaf === before
  const fused = runOnDevice(program, request, 'params')
  if (fused === null) return owned(runStep, program, request, stays, amend)
  if (amend === undefined) return fused
  const { before, leaves, state } = fused
  const last: Amend = (leaf, i) => (stays(leaf, before?.[i] ?? null) ? leaf : amend(leaf, i))
  try {
    return { ...fused, leaves: amended(leaves, last) }
  } catch (cause) {
    const given = tensorSet(request.params)
    tf.dispose([[...tensorLeaves(state)], leaves.flatMap(leaf => (leaf === null || given.has(leaf) ? [] : [leaf]))])
    throw cause
  }
}

/** The leaves as `amend` leaves them; those that it replaced are freed. */
const amended = (leaves: readonly Leaf[], amend: Amend): readonly Leaf[] =>
  tidy<readonly Leaf[]>(() =>
    leaves.map((leaf, i) => {
      if (leaf === null) return null
      const after = amend(leaf, i)
      if (after !== leaf) leaf.dispose()
      return after
    }),
  )

const runOnDevice = (program: Program, request: Request, goal: 'params' | 'updates'): Ran | null => {
  requireBackend(request.who)
  const done = runnerNow()?.fresh(program, request, goal) ?? null
  if (done === null) return null
  const { structure, before, u, p, slots, stateOf } = done
  return { structure, before, leaves: goal === 'params' ? (p ?? []) : u, state: stateOf(slots) }
}

/**
 * One step that writes over parameters and slots where nobody else holds their memory: a leaf that comes back as the tensor
 * it was is written over, or stays. Null where the step has to be taken with fresh tensors.
 */
export const stepOver = (program: Program, request: Request): Fused | null => {
  requireBackend(request.who)
  return runnerNow()?.over(program, request) ?? null
}
