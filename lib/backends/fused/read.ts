/**
 * The door of a fused step: trees to leaves, leaves to classes, the plan for these. Whatever is not as a plan needs it (a
 * wrong shape, a missing leaf, a link that is no rule) gives null, and is left to the interpreter, which knows what to say.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Request } from '../../rule/execute.js'
import { plan, type Goal, type Plan } from '../../rule/plan/plan.js'
import { placedLinks, splitState, type LinkState, type Placed } from '../../rule/plan/placed.js'
import type { Program } from '../../rule/program.js'
import { ruleState } from '../../rule/record.js'
import type { Rule } from '../../rule/rule.js'
import { resolveMask, type Mask } from '../../tree/mask.js'
import { collect, flatten, type Structure } from '../../tree/structure.js'
import { isTensor, type Leaf } from '../../tree/tensors.js'

export type Leaves = readonly Leaf[]

/** A program whose links are rules, but for a gather that it may begin with. */
export interface Prepared {
  readonly program: Program
  readonly gathers: boolean
  readonly links: readonly Placed[]
  readonly rules: readonly Rule[]
  readonly masks: readonly Mask[]
  readonly plans: Map<string, Plan | null>
}

const prepared = new WeakMap<Program, Prepared | null>()

/** What a program needs for any step; null where another link is no rule. */
export const prepare = (program: Program): Prepared | null => {
  const known = prepared.get(program)
  if (known !== undefined) return known
  const all = placedLinks(program)
  const gathers = all[0]?.link.kind === 'gather'
  const links = gathers ? all.slice(1) : all
  const rules = links.flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
  const masks = [...new Set(links.flatMap(link => link.masks))]
  const plans = new Map<string, Plan | null>()
  const made = rules.length === links.length ? { program, gathers, links, rules, masks, plans } : null
  prepared.set(program, made)
  return made
}

/** What a step is taken on, as leaves. */
export interface Input {
  readonly structure: Structure
  readonly u: Leaves
  readonly p: Leaves | null
  /** the leaves that masks look at */
  readonly given: Leaves
  /** the state of every rule, and of the gather */
  readonly states: readonly LinkState[]
  readonly gatherState?: unknown
}

/** A step whose parts all fit. */
export interface Step {
  readonly structure: Structure
  readonly u: Leaves
  readonly p: Leaves | null
  /** the trees of all slots, rule by rule */
  readonly slots: readonly Leaves[]
  readonly counts: readonly number[]
  /** the state of the gather that the program begins with */
  readonly gatherState: unknown
  readonly plan: Plan
  /** the class of each leaf, -1 where it sits out */
  readonly classOf: readonly number[]
  readonly scalars: Readonly<Record<string, number>>
}

/** The leaves of a tree of float32 tensors in the order of `structure`; null where it is anything else. */
const tensorsAt = (structure: Structure, tree: unknown): Leaves | null => {
  const leaves: unknown[] = []
  return collect(structure, tree, leaves) ? tensorsOnly(leaves) : null
}

const tensorsOnly = (leaves: readonly unknown[]): Leaves | null => {
  let hasUndefined = false
  for (const leaf of leaves) {
    if (leaf === undefined) hasUndefined = true
    else if (leaf !== null && (!isTensor(leaf) || leaf.isDisposed || leaf.dtype !== 'float32')) return null
  }
  return (hasUndefined ? leaves.map(leaf => leaf ?? null) : leaves) as Leaves
}

const sameShape = (a: Tensor, b: Tensor): boolean => {
  const { shape } = a
  if (shape.length !== b.shape.length) return false
  for (let i = 0; i < shape.length; i++) if (shape[i] !== b.shape[i]) return false
  return true
}

/** Whether every leaf that has an update fits it. */
const fits = (u: Leaves, leaves: Leaves, mayLack: boolean): boolean => {
  for (let i = 0; i < u.length; i++) {
    const [update, leaf] = [u[i] ?? null, leaves[i] ?? null]
    if (update === null || (leaf === null && mayLack)) continue
    if (leaf === null || !sameShape(update, leaf)) return false
  }
  return true
}

/** The trees of a request as leaves. */
export const readTrees = ({ program, gathers, rules }: Prepared, request: Request): Input | null => {
  const { updates, params } = request
  const given = params !== undefined && params !== null
  const { structure, leaves } = flatten(given ? params : updates)
  const first = tensorsOnly(leaves)
  const u = given ? tensorsAt(structure, updates) : first
  const p = given ? first : null
  if (u === null || u.length === 0 || (structure.kind === 'leaf' && u[0] === null) || (given && p === null)) return null
  if (p === null && rules.some(({ readsParams }) => readsParams)) return null
  if (p !== null && !fits(u, p, false)) return null
  const states = splitState(program, request.state)
  return { structure, u, p, given: p ?? u, states: gathers ? states.slice(1) : states, gatherState: states[0]?.state }
}

/** The plan of a step and all that it reads. */
export const read = ({ rules, links, masks, plans }: Prepared, input: Input, goal: Goal): Step | null => {
  const { structure, u, p, given, states } = input
  const slots: Leaves[] = []
  const counts: number[] = []
  for (const [r, rule] of rules.entries()) {
    const { state, where } = states[r] ?? { state: undefined, where: 'state' }
    const record = ruleState(rule, state, where)
    for (const slot in rule.slots) {
      const leaves = tensorsAt(structure, record[slot])
      if (leaves === null || !fits(u, leaves, true)) return null
      slots.push(leaves)
    }
    counts.push(record.count)
  }

  const { classes, key, classOf } = classify(u, given, rules.length, activity(links, masks, structure, given))
  const hasParams = p !== null
  const planKey = `${goal} ${hasParams} ${key}`
  let made = plans.get(planKey)
  if (made === undefined) plans.set(planKey, (made = plan({ rules, goal, hasParams, classes })))
  if (made === null || !hasSlots(made, slots, classOf)) return null

  const scalars: Record<string, number> = {}
  for (const [r, rule] of rules.entries()) {
    const names = made.names[r]?.scalars ?? {}
    const values = rule.scalars((counts[r] ?? 0) + 1)
    for (const name in values) scalars[names[name] ?? name] = values[name] ?? NaN
  }
  return { structure, u, p, slots, counts, gatherState: input.gatherState, plan: made, classOf, scalars }
}

/** Whether a rule is active on a leaf; null where there are no masks. */
type Activity = ((rule: number, leaf: number) => boolean) | null

const activity = (links: readonly Placed[], masks: readonly Mask[], structure: Structure, given: Leaves): Activity => {
  if (masks.length === 0) return null
  const chosen = new Map(masks.map(mask => [mask, resolveMask('masked', mask, structure, given)]))
  return (rule, leaf) => links[rule]?.masks.every(mask => chosen.get(mask)?.[leaf] === true) ?? false
}

/**
 * The classes of all leaves given, also of those without an update now: a frozen layer makes no other plan, which nothing
 * has compiled and `ready` has not seen.
 */
const classify = (u: Leaves, given: Leaves, rules: number, isActive: Activity) => {
  const all = Array.from({ length: rules }, (_, rule) => rule)
  if (isActive === null)
    return { classes: [all.map(() => true)], key: 'all', classOf: u.map(leaf => (leaf === null ? -1 : 0)) }
  const classes: boolean[][] = []
  const numbers = new Map<string, number>()
  const classOf = given.map((leaf, i) => {
    if (leaf === null) return -1
    const active = all.map(rule => isActive(rule, i))
    const key = active.map(on => (on ? '1' : '0')).join('')
    const known = numbers.get(key) ?? classes.push(active) - 1
    numbers.set(key, known)
    return (u[i] ?? null) === null ? -1 : known
  })
  return { classes, key: [...numbers.keys()].join(), classOf }
}

/** Whether the slots of every active rule are there. */
const hasSlots = ({ classes }: Plan, slots: readonly Leaves[], classOf: readonly number[]): boolean =>
  classOf.every((c, i) => {
    const own = classes[c]?.slots ?? []
    return own.every(({ tree }) => (slots[tree]?.[i] ?? null) !== null)
  })
