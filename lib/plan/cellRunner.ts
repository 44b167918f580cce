/** The part of `CellRunner` that plans cells and extras, which plan/cells.ts implements. */
import type { CellRunner, Rule } from '../rule/rule.js'
import type { ClassPlan } from './class.js'
import type { Composed, PlanNames } from './fuse.js'

export type Over = 'tree' | 'leaf'

/** A number that a job gives beside the streams: a cell, or a value that the caller passed. */
export interface GivenNumber {
  readonly name: string
  readonly over: Over
  readonly kind: 'cell' | 'extra'
  /** the index of its rule, and its name there */
  readonly rule: number
  readonly field: string
}

/** The next values of a rule's cells, as a kernel on one element in the last pass. It reads totals and given numbers. */
export interface CellPlan {
  readonly rule: number
  readonly over: Over
  /** the class of the leaves that it is for; null for the tree */
  readonly class: number | null
  /** the names of the cells in the rule, in the order of its writes */
  readonly fields: readonly string[]
  readonly of: ClassPlan
}

/** What is planned so far. */
export interface Planning {
  readonly rules: readonly Rule[]
  readonly classes: readonly (readonly boolean[])[]
  readonly fused: readonly Composed[]
  readonly given: readonly GivenNumber[]
  readonly overOf: ReadonlyMap<string, Over>
  readonly byLeaf: ReadonlySet<string>
  readonly last: number
}

export interface CellPlanning {
  readonly given: (rules: readonly Rule[], names: readonly PlanNames[]) => readonly GivenNumber[]
  /** one plan for each rule with cells of the tree, and one for each class and rule with cells of its leaves */
  readonly cells: (planning: Planning) => readonly CellPlan[]
}

/** What runs the cells of these rules: the first rule with cells or extras brings it; null without such a rule. */
export const cellRunnerOf = (rules: readonly Rule[]): CellRunner | null =>
  rules.find(rule => rule.cellRunner)?.cellRunner ?? null

export const planningOf = (rules: readonly Rule[]): CellPlanning | null =>
  (cellRunnerOf(rules)?.planned ?? null) as CellPlanning | null

/** The names of the totals and given numbers of the tree, or of each leaf. */
export const totalNames = (
  { totals, given }: { readonly totals: readonly OfTreeOrLeaf[]; readonly given: readonly OfTreeOrLeaf[] },
  over: Over,
): readonly string[] => [...totals, ...given].flatMap(one => (one.over === over ? [one.name] : []))

interface OfTreeOrLeaf {
  readonly name: string
  readonly over: Over
}
