/** Plans the numbers of a rule that are no streams: cells, and values that the caller passes. */
import type { Expr } from '../rule/expr.js'
import type { CellPlan, CellPlanning, GivenNumber, Over } from './cellRunner.js'
import { written, type ClassPlan } from './class.js'
import type { Composed } from './fuse.js'
import { lower, type Lowered, type Sinks } from './kernel.js'

const givenNumbers: CellPlanning['given'] = (rules, names) =>
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

const cellPlans: CellPlanning['cells'] = ({ rules, classes, fused, given, overOf, byLeaf, last }) => {
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
    relays: [],
    runs: true,
    sinks: [...Array<Sinks>(last).fill(none), sinks],
    rounded: new Map(),
  }
}

export const planning: CellPlanning = { given: givenNumbers, cells: cellPlans }
