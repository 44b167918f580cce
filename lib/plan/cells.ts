/** Plans the numbers of a rule that are no streams: cells, and values that the caller passes. */
import type { Expr } from '../rule/expr.js'
import type { Rule } from '../rule/rule.js'
import { written, type ClassPlan } from './class.js'
import type { Composed, PlanNames } from './fuse.js'
import { lower, type Lowered, type Sinks } from './kernel.js'

type Over = 'tree' | 'leaf'

/** A number that a job gives beside the streams: a cell, or a value that the caller passed. */
export interface GivenNumber {
  readonly name: string
  readonly over: Over
  readonly kind: 'cell' | 'extra'
  /** the index of its rule, and its name there */
  readonly rule: number
  readonly field: string
}

export const givenNumbers = (rules: readonly Rule[], names: readonly PlanNames[]): readonly GivenNumber[] =>
  rules.flatMap((rule, r) => {
    const own = names[r]
    const cells = Object.entries(rule.cells).map(([field, { over }]): GivenNumber => {
      return { name: own?.cells[field] ?? field, over, kind: 'cell', rule: r, field }
    })
    const extras = rule.extras.map((field): GivenNumber => {
      return { name: own?.extras[field] ?? field, over: 'tree', kind: 'extra', rule: r, field }
    })
    return [...cells, ...extras]
  })

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

interface Planning {
  readonly rules: readonly Rule[]
  readonly classes: readonly (readonly boolean[])[]
  readonly fused: readonly Composed[]
  readonly given: readonly GivenNumber[]
  readonly overOf: ReadonlyMap<string, Over>
  readonly byLeaf: ReadonlySet<string>
  readonly last: number
}

/** One plan for each rule with cells of the tree, and one for each class and rule with cells of its leaves. */
export const cellPlans = ({ rules, classes, fused, given, overOf, byLeaf, last }: Planning): readonly CellPlan[] => {
  const planOf = (r: number, over: Over, { cells }: Composed, c: number | null): readonly CellPlan[] => {
    const changed = given.flatMap(({ name, over: own, kind, rule, field }) => {
      const value = cells.get(name)
      const isOurs = kind === 'cell' && rule === r && own === over
      return isOurs && value !== undefined && !isInput(value, name) ? [{ field, stream: written(name), value }] : []
    })
    if (changed.length === 0) return []
    const sinks = { writes: changed, reductions: [] }
    const lowered = lower(sinks, { total: name => ({ kind: 'total', over: overOf.get(name) ?? 'tree' }), byLeaf })
    const fields = changed.map(({ field }) => field)
    return [{ rule: r, over, class: c, fields, of: writingOnly(sinks, lowered, last) }]
  }
  return rules.flatMap((_, r) => {
    const withRule = fused.flatMap((of, c) => (classes[c]?.[r] === true ? [[of, c] as const] : []))
    const [first] = withRule
    if (first === undefined) return []
    return [...planOf(r, 'tree', first[0], null), ...withRule.flatMap(([of, c]) => planOf(r, 'leaf', of, c))]
  })
}

const isInput = (value: Expr, name: string): boolean => value.op === 'input' && value.name === name

/** A class that reads no stream, and writes in the last pass. */
const writingOnly = (sinks: Sinks, lowered: Lowered, last: number): ClassPlan => {
  const none: Sinks = { writes: [], reductions: [] }
  return {
    rules: [],
    passes: [...Array<null>(last).fill(null), lowered],
    slots: [],
    reads: [],
    writes: sinks.writes.map(({ stream }) => stream),
    readTrees: [],
    writeTrees: [],
    runs: true,
    sinks: [...Array<Sinks>(last).fill(none), sinks],
    rounded: new Map(),
  }
}

/** The names of the totals and given numbers of the tree, or of each leaf. */
export const totalNames = (
  { totals, given }: { readonly totals: readonly Named[]; readonly given: readonly Named[] },
  over: Over,
): readonly string[] => [...totals, ...given].flatMap(one => (one.over === over ? [one.name] : []))

interface Named {
  readonly name: string
  readonly over: Over
}
