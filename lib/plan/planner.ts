/**
 * The only way from a program to plans, for steps, `ready` and `explain`: finds the class of each leaf and the plan for
 * these classes. Plans are cached by the equations of a stage, so a plan that `ready` has compiled is the plan that steps
 * run, even if the rate changes at each step.
 */
import { foundOrMade } from '../recent.js'
import { resolveMask, type Mask } from '../tree/mask.js'
import { flatten, type Structure } from '../tree/structure.js'
import type { FlatProgram, Stage } from '../program/stages.js'
import { shapeOf } from './shape.js'
import { plan, type Goal, type Plan } from './plan.js'

/**
 * The goals that steps may have for a stage. In a cut program rules pass updates on; tfjs ops add them to the
 * parameters.
 */
export const goalsOf = ({ stages }: FlatProgram, stage: Stage): readonly Goal[] =>
  stages.length === 1 ? ['params', 'updates'] : stage.rules.length > 0 ? ['flow'] : []

/** Which rules of a stage are active, one digit per rule: `101`. */
export type ClassKey = string

const keyOf = ({ rules }: Stage, holds: (mask: Mask) => boolean): ClassKey =>
  rules.map(({ masks }) => (masks.every(holds) ? '1' : '0')).join('')

const everywhere = ({ rules }: Stage): ClassKey => '1'.repeat(rules.length)

/** The class of each leaf; null for an absent one. */
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

/** Every class that any parameters can have, the one with all rules first; null if there are too many masks. */
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
  /** null where `plan` gives none */
  readonly plan: Plan | null
}

type PlansByGoal = Map<string, StagePlan[]>
const plans = new WeakMap<Stage, PlansByGoal>()
/** Stages with the same equations share plans. */
const plansOfShape = new WeakMap<object, PlansByGoal>()

const plansOf = (stage: Stage): PlansByGoal => {
  const known = plans.get(stage)
  if (known !== undefined) return known
  const shape = shapeOf(stage.rules.map(({ rule }) => rule))
  const shared: PlansByGoal = plansOfShape.get(shape) ?? new Map<string, StagePlan[]>()
  plansOfShape.set(shape, shared)
  plans.set(stage, shared)
  return shared
}

/** How many plans a stage keeps for each goal: masks that choose other leaves at every step make one each. */
export const mostPlans = 64

/**
 * The plan of a stage for leaves of some classes. A known plan for more classes serves as well, so that a frozen layer,
 * or a part of the parameters, needs no plan that is not compiled yet.
 */
export const planOf = (stage: Stage, goal: Goal, hasParams: boolean, keys: readonly ClassKey[]): StagePlan => {
  if (stage.isCrossed) return { keys, plan: null }
  const byGoal = plansOf(stage)
  const name = `${goal} ${hasParams}`
  const known = byGoal.get(name) ?? []
  byGoal.set(name, known)
  const serves = (one: StagePlan): boolean => keys.every(key => one.keys.includes(key))
  return foundOrMade(known, mostPlans, serves, () => {
    const classes = keys.map(key => Array.from(key, digit => digit === '1'))
    return { keys, plan: plan({ rules: stage.rules.map(({ rule }) => rule), goal, hasParams, classes }) }
  })
}

/** The classes of a stage and their leaves; the parameters may not be known yet. */
export interface Classified {
  readonly keys: readonly ClassKey[]
  /** the indices of each class's leaves; null without parameters */
  readonly leaves: readonly (readonly number[])[] | null
}

/** The classes of `params`, or without them all possible ones; null if these are too many. */
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
