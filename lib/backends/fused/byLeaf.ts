/**
 * The scalars of each leaf, for rules with hyperparameters by path. Which leaves have equal hyperparameters is found once
 * for leaves of the same paths and shapes; a step computes scalars for each such group.
 */
import type { Plan } from '../../plan/plan.js'
import type { Stage } from '../../program/stages.js'
import type { ByPathRunner, LeafGroups, Scalars } from '../../rule/rule.js'
import { haveOwnNames, namesOf } from '../../tree/firstName.js'
import type { Structure } from '../../tree/structure.js'
import type { PlannedStage, TensorLeaves } from './planned.js'

/** The groups of one class of leaves. */
interface ClassGroups extends LeafGroups {
  /** the indices of its leaves, and of the rules with hyperparameters by path that are active on them */
  readonly leaves: readonly number[]
  readonly rules: readonly number[]
}

/** Groups with what they were found for. */
interface FoundGroups {
  readonly structure: Structure
  readonly plan: Plan
  readonly classOf: readonly number[]
  readonly shapes: readonly (readonly number[])[]
  readonly classes: readonly ClassGroups[]
}

const lastGroups = new WeakMap<Stage, FoundGroups>()

const isSame = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const noShape: readonly number[] = []

type Read = Omit<PlannedStage, 'leafScalars'>

const groupsOf = (runner: ByPathRunner, step: Read, given: TensorLeaves): readonly ClassGroups[] => {
  const { stage, structure, plan, classOf } = step
  const last = lastGroups.get(stage)
  if (
    last?.structure === structure &&
    last.plan === plan &&
    isSame(last.classOf, classOf) &&
    last.shapes.every((shape, i) => isSame(shape, given[i]?.shape ?? noShape))
  )
    return last.classes
  const names = namesOf(structure, given)
  const classes = plan.classes.map((of, c): ClassGroups => {
    const leaves = classOf.flatMap((own, i) => (own === c ? [i] : []))
    const rules = stage.rules.flatMap(({ rule }, r) => (rule.byLeaf && of.rules[r] === true ? [r] : []))
    const found = runner.groups(
      rules.flatMap(r => stage.rules[r]?.rule ?? []),
      leaves.map(i => names[i] ?? ''),
      leaves.map(i => given[i]),
    )
    return { ...found, leaves, rules }
  })
  // Other names may be first names of tfjs's, which depend on the leaves.
  if (haveOwnNames(structure))
    lastGroups.set(stage, {
      structure,
      plan,
      classOf,
      shapes: given.map(leaf => leaf?.shape ?? noShape),
      classes,
    })
  return classes
}

export type ScalarsByLeaf = (runner: ByPathRunner, step: Read, given: TensorLeaves) => readonly Scalars[]

export const scalarsByLeaf: ScalarsByLeaf = (runner, step, given) => {
  const { stage, plan, counts, scalars } = step
  const made: Scalars[] = Array.from(step.classOf, () => scalars)
  for (const { leaves, rules, of, values } of groupsOf(runner, step, given)) {
    const links = rules.flatMap(r => {
      const rule = stage.rules[r]?.rule
      return rule === undefined ? [] : [{ numbers: rule, t: (counts[r] ?? 0) + 1, names: plan.names[r]?.scalars ?? {} }]
    })
    const byGroup = values.map(own => runner.scalars(links, own))
    leaves.forEach((leaf, k) => (made[leaf] = byGroup[of[k] ?? -1] ?? scalars))
  }
  return made
}
