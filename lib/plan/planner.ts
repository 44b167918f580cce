/**
 * The one way from a program to plans: which leaves have which rules, and the plan for these, kept with the stage. Steps,
 * `ready` and `explain` ask here, so what one of them has seen the others know.
 */
import { resolveMask, type Mask } from '../tree/mask.js'
import { flatten, type Structure } from '../tree/structure.js'
import type { FlatProgram, Stage } from '../program/placed.js'
import { plan, type Goal, type Plan } from './plan.js'

/** The goals that steps may have for a stage; what tfjs ops cut hands its updates on, and reaches no parameters. */
export const goalsOf = ({ stages }: FlatProgram, stage: Stage): readonly Goal[] =>
  stages.length === 1 ? ['params', 'updates'] : stage.rules.length > 0 ? ['flow'] : []

/** Which rules of a stage are active, a digit each: `101`. */
export type ClassKey = string

const keyOf = ({ rules }: Stage, holds: (mask: Mask) => boolean): ClassKey =>
  rules.map(({ masks }) => (masks.every(holds) ? '1' : '0')).join('')

const everywhere = ({ rules }: Stage): ClassKey => '1'.repeat(rules.length)

/** The class of each leaf that is there, null elsewhere. */
export const classesOf = (
  who: string,
  stage: Stage,
  structure: Structure,
  given: readonly unknown[],
): readonly (ClassKey | null)[] => {
  const all = everywhere(stage)
  if (stage.masks.length === 0) return given.map(leaf => (leaf === null ? null : all))
  const chosen = new Map(stage.masks.map(mask => [mask, resolveMask(who, mask, structure, given)]))
  return given.map((leaf, i) => (leaf === null ? null : keyOf(stage, mask => chosen.get(mask)?.[i] === true)))
}

/** Above this many masks, their combinations are too many to be compiled in advance. */
const mostMasks = 4

/** Every class that any parameters can make, all rules first; null where masks are too many to say. */
export const possibleClasses = (stage: Stage): readonly ClassKey[] | null => {
  const open = stage.masks.filter(mask => typeof mask !== 'boolean')
  if (open.length > mostMasks) return null
  const keys = Array.from({ length: 2 ** open.length }, (_, choice) =>
    keyOf(stage, mask => (typeof mask === 'boolean' ? mask : (choice & (1 << open.indexOf(mask))) === 0)),
  )
  return [...new Set(keys)]
}

/** A plan with its classes. */
export interface StagePlan {
  readonly keys: readonly ClassKey[]
  /** null where the rules depend on one another too deeply for one expression */
  readonly plan: Plan | null
}

const plans = new WeakMap<Stage, Map<string, StagePlan[]>>()

/**
 * The plan of a stage for leaves of some classes. One that was made for more classes serves as well: a frozen layer, or a
 * part of the parameters, needs no plan that nothing has compiled.
 */
export const planOf = (stage: Stage, goal: Goal, hasParams: boolean, keys: readonly ClassKey[]): StagePlan => {
  const byGoal = plans.get(stage) ?? new Map<string, StagePlan[]>()
  plans.set(stage, byGoal)
  const name = `${goal} ${hasParams}`
  const known = byGoal.get(name) ?? []
  byGoal.set(name, known)
  const found = known.find(one => keys.every(key => one.keys.includes(key)))
  if (found !== undefined) return found
  const classes = keys.map(key => Array.from(key, digit => digit === '1'))
  const made = { keys, plan: plan({ rules: stage.rules.map(({ rule }) => rule), goal, hasParams, classes }) }
  known.push(made)
  return made
}

/** The classes of a stage and their leaves, for parameters that may not be known yet. */
export interface Classified {
  readonly keys: readonly ClassKey[]
  /** the leaves of each class by number; null without parameters */
  readonly leaves: readonly (readonly number[])[] | null
}

/** The classes that `params` make, or without them all that any could; null where that cannot be said. */
export const classified = (who: string, stage: Stage, params: unknown): Classified | null => {
  if (params === undefined) {
    const keys = possibleClasses(stage)
    return keys && { keys, leaves: null }
  }
  const { structure, leaves } = flatten(params, who, 'params')
  const of = classesOf(who, stage, structure, leaves)
  const keys = distinct(of)
  return { keys, leaves: keys.map(key => of.flatMap((one, i) => (one === key ? [i] : []))) }
}

/** The classes that occur, in the order of their first leaves. */
export const distinct = (of: readonly (ClassKey | null)[]): readonly ClassKey[] => {
  const seen = new Set<ClassKey>()
  for (const key of of) if (key !== null) seen.add(key)
  return [...seen]
}
