/** Where a chain is cut, and on which leaves which of its rules are active. */
import { resolveMask } from '../../tree/mask.js'
import { flatten, pathsOf } from '../../tree/structure.js'
import type { Rule } from '../rule.js'
import type { Placed } from './placed.js'
import { plan, type Goal, type Plan } from './plan.js'

/** Links that run together, and the link that cuts them from the next ones. */
export interface Segment {
  readonly rules: readonly Placed[]
  readonly cut: Placed | null
  /** what a step may ask of them; nothing where there is nothing to run */
  readonly goals: readonly Goal[]
}

/** A user's link cuts a chain to pieces: then every run of rules hands its updates on, and none reaches the parameters. */
export const segmentsOf = (links: readonly Placed[]): readonly Segment[] => {
  const runs: Pick<Segment, 'rules' | 'cut'>[] = []
  let rules: Placed[] = []
  for (const placed of links) {
    if (placed.link.kind === 'rule') {
      rules.push(placed)
      continue
    }
    runs.push({ rules, cut: placed })
    rules = []
  }
  runs.push({ rules, cut: null })
  const isCut = links.some(({ link }) => link.kind === 'opaque')
  return runs.map((run): Segment => {
    const reachesParams = run.cut === null && !isCut
    return { ...run, goals: reachesParams ? ['params', 'updates'] : run.rules.length > 0 ? ['flow'] : [] }
  })
}

/** Leaves on which the same rules are active; `paths` is null where leaves are not known. */
export interface LeafClass {
  readonly active: readonly boolean[]
  readonly paths: readonly string[] | null
}

/** For each class the rules that are active, and the leaves; without parameters one class, as if every mask had the leaf. */
export const classesOf = (who: string, links: readonly Placed[], params: unknown): readonly LeafClass[] => {
  const all = { active: links.map(() => true), paths: null }
  if (params === undefined || links.every(({ masks }) => masks.length === 0)) return [all]
  const { structure, leaves } = flatten(params)
  const paths = pathsOf(structure)
  const chosen = links.map(({ masks }) => masks.map(mask => resolveMask(who, mask, structure, leaves)))
  const classes = new Map<string, { readonly active: boolean[]; readonly paths: string[] }>()
  leaves.forEach((leaf, i) => {
    if (leaf === null) return
    const active = chosen.map(masks => masks.every(mask => mask[i] === true))
    const known = classes.get(active.join()) ?? { active, paths: [] }
    classes.set(active.join(), known)
    known.paths.push(paths[i] ?? '')
  })
  return [...classes.values()]
}

/** A run of rules with its plan; null where its links are too many. */
export interface Planned {
  readonly rules: readonly Rule[]
  readonly classes: readonly LeafClass[]
  readonly plan: Plan | null
}

export const plannedOf = (who: string, { rules: links }: Segment, goal: Goal, params: unknown): Planned => {
  const rules = links.flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
  const classes = classesOf(who, links, params)
  return { rules, classes, plan: plan({ rules, goal, hasParams: true, classes: classes.map(({ active }) => active) }) }
}
