/**
 * A step of a program by its plan: trees to leaves, leaves to classes, a device for the passes, and trees again. Whatever
 * is not as a plan needs it (a wrong shape, a missing leaf, a link that is no rule) is left to the interpreter, which
 * knows what to say.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Request } from '../rule/execute.js'
import { plan, written, type ClassPlan, type Goal, type Plan } from '../rule/plan/plan.js'
import { joinState, placedLinks, splitState, type LinkState, type Placed } from '../rule/plan/placed.js'
import type { Program } from '../rule/program.js'
import { ruleState } from '../rule/record.js'
import type { Rule } from '../rule/rule.js'
import { seal } from '../tree/freeze.js'
import { resolveMask, type Mask } from '../tree/mask.js'
import { share } from '../tree/ownership.js'
import { build, collect, flatten, type Structure } from '../tree/structure.js'
import { isTensor, isVariable, type Leaf } from '../tree/tensors.js'
import type { Device, Group, LeafRun } from './device.js'

type Leaves = readonly Leaf[]

interface Prepared {
  readonly rules: readonly Rule[]
  readonly links: readonly Placed[]
  readonly plans: Map<string, Plan | null>
}

const prepared = new WeakMap<Program, Prepared | null>()

/** The rules of a program; null where a link is none. */
const prepare = (program: Program): Prepared | null => {
  const known = prepared.get(program)
  if (known !== undefined) return known
  const links = placedLinks(program)
  const rules = links.flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
  const made = rules.length === links.length ? { rules, links, plans: new Map<string, Plan | null>() } : null
  prepared.set(program, made)
  return made
}

/** The leaves of a tree of float32 tensors in the order of `structure`; null where it is anything else. */
const tensorsAt = (structure: Structure, tree: unknown): Leaves | null => {
  const leaves: unknown[] = []
  if (!collect(structure, tree, leaves)) return null
  const read: Leaf[] = []
  for (const leaf of leaves) {
    if (leaf === null || leaf === undefined) {
      read.push(null)
      continue
    }
    if (!isTensor(leaf) || leaf.isDisposed || leaf.dtype !== 'float32') return null
    read.push(leaf)
  }
  return read
}

const sameShape = (a: tf.Tensor, b: tf.Tensor): boolean => {
  if (a.shape === b.shape) return true
  if (a.shape.length !== b.shape.length) return false
  for (let i = 0; i < a.shape.length; i++) if (a.shape[i] !== b.shape[i]) return false
  return true
}

/** A step whose parts all fit, before anything is allocated. */
interface Read {
  readonly structure: Structure
  readonly u: Leaves
  readonly p: Leaves | null
  readonly plan: Plan
  /** the class of each leaf, -1 where it sits out */
  readonly classOf: readonly number[]
  readonly classes: readonly ClassPlan[]
  /** by rule: its count, and its slots in order */
  readonly states: readonly { readonly count: number; readonly slots: Readonly<Record<string, Leaves>> }[]
  readonly scalars: Readonly<Record<string, number>>
}

const read = ({ rules, links, plans }: Prepared, program: Program, request: Request, goal: Goal): Read | null => {
  const { updates, params } = request
  const given = params !== undefined && params !== null
  const { structure } = flatten(given ? params : updates)
  const u = tensorsAt(structure, updates)
  const p = given ? tensorsAt(structure, params) : null
  if (u === null || u.length === 0 || (structure.kind === 'leaf' && u[0] === null) || (given && p === null)) return null
  if (p === null && (goal === 'params' || rules.some(({ readsParams }) => readsParams))) return null
  for (const [i, leaf] of u.entries()) {
    const param = p?.[i]
    if (leaf !== null && p !== null && (!param || !sameShape(leaf, param))) return null
  }
  const linkStates: readonly LinkState[] = splitState(program, request.state)
  const states = []
  for (const [r, rule] of rules.entries()) {
    const { state, where } = linkStates[r] ?? { state: undefined, where: 'state' }
    const record = ruleState(rule, state, where)
    const slots: Record<string, Leaves> = {}
    for (const slot of Object.keys(rule.slots)) {
      const leaves = tensorsAt(structure, record[slot])
      if (leaves === null) return null
      for (const [i, leaf] of u.entries()) {
        const held = leaves[i] ?? null
        if (leaf !== null && held !== null && !sameShape(held, leaf)) return null
      }
      slots[slot] = leaves
    }
    states.push({ count: record.count, slots })
  }
  const chosen = new Map<Mask, readonly boolean[]>()
  for (const mask of new Set(links.flatMap(link => link.masks)))
    chosen.set(mask, resolveMask('masked', mask, structure, p ?? u))
  const isActive = (rule: number, leaf: number): boolean =>
    links[rule]?.masks.every(mask => chosen.get(mask)?.[leaf] === true) ?? false
  const classes: boolean[][] = []
  const classNumbers = new Map<string, number>()
  const classOf = u.map((leaf, i) => {
    if (leaf === null) return -1
    const active = rules.map((_, rule) => isActive(rule, i))
    const key = active.map(on => (on ? '1' : '0')).join('')
    const known = classNumbers.get(key) ?? classes.push(active) - 1
    classNumbers.set(key, known)
    return known
  })
  for (const [r, { slots }] of states.entries())
    for (const leaves of Object.values(slots))
      if (leaves.some((held, i) => held === null && classes[classOf[i] ?? -1]?.[r] === true)) return null
  const key = `${goal} ${given} ${[...classNumbers.keys()].join()}`
  let made = plans.get(key)
  if (made === undefined) plans.set(key, (made = plan({ rules, goal, hasParams: given, classes })))
  if (made === null) return null
  const scalars: Record<string, number> = {}
  for (const [r, rule] of rules.entries())
    for (const [name, value] of Object.entries(rule.scalars((states[r]?.count ?? 0) + 1)))
      scalars[made.names[r]?.scalars[name] ?? name] = value
  return { structure, u, p, plan: made, classOf, classes: made.classes, states, scalars }
}

/** Where the results of a step go: whether a tensor that the step consumes may be written over. */
export type Overwrites = (tensor: tf.Tensor, stream: 'p' | 'slot') => boolean

/** What a step gives: a leaf that is the same tensor as before was written over, or stayed as it is. */
export interface Fused {
  readonly structure: Structure
  readonly before: Leaves | null
  readonly leaves: Leaves
  readonly state: unknown
}

/** Runs a step on a device; null where it must be left to the interpreter. Nothing has changed if it throws. */
export const runFused = (
  device: Device,
  program: Program,
  request: Request,
  goal: Goal,
  overwrites: Overwrites | null,
): Fused | null => {
  const ready = prepare(program)
  if (ready === null) return null
  const step = read(ready, program, request, goal)
  if (step === null) return null
  const { structure, u, p, plan: made, classOf, classes, states, scalars } = step
  const fresh: tf.Tensor[] = []
  const allocate = (like: tf.Tensor): tf.Tensor => {
    const tensor = device.allocate(like.shape)
    fresh.push(tensor)
    return tensor
  }
  const target = (old: tf.Tensor, stream: 'p' | 'slot'): tf.Tensor =>
    overwrites !== null && device.inPlace && overwrites(old, stream) ? old : allocate(old)
  /** a value that stays: the tensor itself where the step consumes it, else another handle */
  const same = (leaf: Leaf): Leaf => {
    if (leaf === null || overwrites !== null) return leaf
    const handle = share(leaf)
    fresh.push(handle)
    return handle
  }
  try {
    const moved: Leaf[] = []
    const nextSlots = states.map(({ slots }) =>
      Object.fromEntries(Object.keys(slots).map(slot => [slot, [] as Leaf[]])),
    )
    const runs: LeafRun[][] = classes.map(() => [])
    for (const [i, leaf] of u.entries()) {
      const c = classOf[i] ?? -1
      const of = classes[c]
      const param = p?.[i] ?? null
      const held = (rule: number, slot: string): Leaf => states[rule]?.slots[slot]?.[i] ?? null
      const streams = new Map<string, tf.Tensor>()
      const outputs = new Map<string, tf.Tensor>()
      if (leaf !== null && of !== undefined) {
        streams.set('u', leaf)
        if (param !== null) streams.set('p', param)
        for (const { rule, slot, stream, kept } of of.slots) {
          const tensor = held(rule, slot)
          if (tensor === null) continue
          streams.set(stream, tensor)
          if (!kept) outputs.set(written(stream), target(tensor, 'slot'))
        }
        if (of.writes.includes("u'")) outputs.set("u'", allocate(leaf))
        if (of.writes.includes("p'") && param !== null) outputs.set("p'", target(param, 'p'))
        if (leaf.size > 0 && of.passes.some(pass => pass !== null))
          runs[c]?.push({
            order: i,
            size: leaf.size,
            reads: of.reads.flatMap(stream => streams.get(stream) ?? []),
            writes: of.writes.flatMap(stream => outputs.get(stream) ?? []),
          })
      }
      states.forEach(({ slots }, rule) => {
        for (const slot of Object.keys(slots)) {
          const stream = of?.slots.find(at => at.rule === rule && at.slot === slot)?.stream
          const output = stream === undefined ? undefined : outputs.get(written(stream))
          nextSlots[rule]?.[slot]?.push(output ?? same(held(rule, slot)))
        }
      })
      if (goal === 'params') moved.push(outputs.get("p'") ?? (isVariable(param) ? param : same(param)))
      else moved.push(outputs.get("u'") ?? same(leaf))
    }
    const groups = classes.flatMap((of, c): Group[] => {
      const leaves = runs[c] ?? []
      return leaves.length === 0 ? [] : [{ of, leaves }]
    })
    device.run({ plan: made, groups, scalars })
    const state = joinState(
      program,
      states.map(({ count }, rule) =>
        seal({
          count: count + 1,
          ...Object.fromEntries(
            Object.entries(nextSlots[rule] ?? {}).map(([slot, leaves]) => [slot, build(structure, leaves, seal)]),
          ),
        }),
      ),
    )
    return { structure, before: p, leaves: moved, state }
  } catch (cause) {
    tf.dispose(fresh)
    throw cause
  }
}
