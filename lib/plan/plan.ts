/**
 * Plans rules as passes over memory. Leaves with the same active rules form a class; each pass has one kernel per
 * class. A total must be complete before it is read, so the first passes reduce totals, and the last pass writes. Earlier
 * passes compute the parts of new slot values that they need as well, unless a relay hands them on (relay.ts).
 */
import type { Expr } from '../rule/expr.js'
import { addsNothing, nodesOf } from '../rule/expr.js'
import type { Rule } from '../rule/rule.js'
import { planningOf, type CellPlan, type GivenNumber } from './cellRunner.js'
import { written, type ClassPlan } from './class.js'
import { fuse, namesOf, type Composed, type PlanNames } from './fuse.js'
import { interner } from './interner.js'
import { lower, type Sinks, type TotalInput } from './kernel.js'
import { relayed } from './relay.js'

/**
 * The outputs of a plan besides slots: new parameters, updates, or (`flow`) the update and the parameter for the next
 * link of a cut chain.
 */
export type Goal = 'params' | 'updates' | 'flow'

/** The input of `plan`. */
export interface PlanRequest {
  readonly rules: readonly Rule[]
  readonly goal: Goal
  readonly hasParams: boolean
  /** for each class, which rules are active */
  readonly classes: readonly (readonly boolean[])[]
}

export interface PlannedTotal {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  /** the index of the pass that reduces it */
  readonly pass: number
}

export interface Plan {
  readonly totals: readonly PlannedTotal[]
  readonly given: readonly GivenNumber[]
  readonly cells: readonly CellPlan[]
  /**
   * groups of passes. No total of the tree lies between the passes of a group, so one leaf may go through all of them
   * before the next leaf
   */
  readonly sweeps: readonly (readonly number[])[]
  readonly classes: readonly ClassPlan[]
  readonly names: readonly PlanNames[]
}

/** The indices of the trees that streams belong to; slots start at 2. */
export const [updateTree, paramTree, firstSlotTree] = [0, 1, 2]

/**
 * The plan for some classes. Null if a rule needs parameters and there are none, or if hundreds of links depend on one
 * another, so that their expression is too deep for the stack; tfjs ops then run them link by link.
 */
export const plan = (request: PlanRequest): Plan | null => {
  try {
    return planned(request)
  } catch (cause) {
    if (cause instanceof RangeError) return null
    throw cause
  }
}

const planned = ({ rules, goal, hasParams, classes }: PlanRequest): Plan | null => {
  const make = interner()
  const names = namesOf(rules)
  const fused = classes.map(active => fuse(make, rules, names, active, hasParams))
  if (!fused.every((one): one is Composed => one !== null)) return null
  const outputs = fused.map(one => ({ ...one, ...results(one, goal, make) }))

  const known = rules.flatMap((rule, i) =>
    rule.totals.map(({ name, over, reduce }) => ({ name: names[i]?.totals[name] ?? name, over, reduce })),
  )
  const live = liveTotals(outputs)
  const passOf = new Map<string, number>()
  for (const { name } of known)
    passOf.set(
      name,
      Math.max(0, ...outputs.flatMap(({ totals }) => readBy(totals.get(name)).map(t => (passOf.get(t) ?? -1) + 1))),
    )
  const totals = known.flatMap(total => (live.has(total.name) ? [{ ...total, pass: passOf.get(total.name) ?? 0 }] : []))
  const last = Math.max(0, ...totals.map(({ pass }) => pass + 1))
  const isBarrier = (pass: number): boolean => totals.some(total => total.pass === pass && total.over === 'tree')

  const byLeaf = new Set(rules.flatMap((rule, i) => (rule.byLeaf ? Object.values(names[i]?.scalars ?? {}) : [])))
  const planning = planningOf(rules)
  const given = planning?.given(rules, names) ?? []
  const overOf = new Map([...totals, ...given].map(({ name, over }) => [name, over]))
  const allSlots = rules.flatMap((rule, i) =>
    Object.keys(rule.slots).map(slot => ({ rule: i, stream: names[i]?.slots[slot] ?? slot })),
  )

  const cells = planning?.cells({ rules, classes, fused, given, overOf, byLeaf, last }) ?? []

  return {
    totals,
    given,
    cells,
    names,
    sweeps: Array.from({ length: last + 1 }, (_, pass) => pass).reduce<number[][]>((sweeps, pass) => {
      const open = sweeps.at(-1)
      if (open === undefined || isBarrier(pass - 1)) return [...sweeps, [pass]]
      open.push(pass)
      return sweeps
    }, []),
    classes: outputs.map((one, c): ClassPlan => {
      const stands = (name: string): TotalInput => {
        const value = one.rounded.get(name)
        if (value !== undefined) return { kind: 'rounded', value }
        return { kind: 'total', over: overOf.get(name) ?? 'tree' }
      }
      const kept = (stream: string, expr: Expr): boolean => expr.op === 'input' && expr.name === stream
      const slots = allSlots.flatMap(({ rule, stream }, tree) => {
        if (classes[c]?.[rule] !== true) return []
        const next = one.slots.get(stream)
        return [{ stream, tree, kept: next === undefined || kept(stream, next) }]
      })
      const writes = [
        ...slots.flatMap(({ stream, kept: stays }) => (stays ? [] : [[stream, one.slots.get(stream)] as const])),
        ...(one.writes.p === null ? [] : [['p', one.writes.p] as const]),
        ...(one.writes.u === null ? [] : [['u', one.writes.u] as const]),
      ].flatMap(([stream, value]) => (value === undefined ? [] : [{ stream: written(stream), value }]))
      const sinks = (pass: number): Sinks => ({
        writes: pass === last ? writes : [],
        reductions: totals.flatMap(({ name, reduce, pass: at }) => {
          const of = one.totals.get(name)
          return at === pass && of !== undefined ? [{ total: name, reduce, of }] : []
        }),
      })
      const { sinks: all, relays } = relayed(
        make,
        Array.from({ length: last + 1 }, (_, pass) => sinks(pass)),
      )
      const passes = all.map(made =>
        made.writes.length + made.reductions.length === 0 ? null : lower(made, { total: stands, byLeaf }),
      )
      const reads = [...new Set(passes.flatMap(pass => pass?.kernel.reads ?? []))].filter(
        stream => !relays.includes(stream),
      )
      const trees = new Map<string, number>([
        ['u', updateTree],
        ['p', paramTree],
        ...slots.map(({ stream, tree }) => [stream, firstSlotTree + tree] as const),
      ])
      const targets = new Map([...trees].map(([stream, tree]) => [written(stream), tree]))
      return {
        rules: classes[c] ?? [],
        passes,
        slots,
        reads,
        writes: writes.map(({ stream }) => stream),
        readTrees: reads.map(stream => trees.get(stream) ?? NaN),
        writeTrees: writes.map(({ stream }) => targets.get(stream) ?? NaN),
        relays,
        runs: passes.some(pass => pass !== null),
        sinks: all,
        rounded: one.rounded,
      }
    }),
  }
}

interface Results {
  /** null if unchanged */
  readonly writes: { readonly u: Expr | null; readonly p: Expr | null }
}

const results = ({ u, p, moved, rounded }: Composed, goal: Goal, make: ReturnType<typeof interner>): Results => {
  const [givenU, givenP] = [make.input('u', 'element'), make.input('p', 'element')]
  switch (goal) {
    case 'params':
      if (addsNothing(numberOf(u, rounded))) return { writes: { u: null, p: moved ? p : null } }
      return { writes: { u: null, p: p === null ? null : make.apply('add', p, u) } }
    case 'updates': {
      const whole = moved && p !== null ? make.apply('sub', make.apply('add', p, u), givenP) : u
      return { writes: { u: whole === givenU ? null : whole, p: null } }
    }
    case 'flow':
      return { writes: { u: u === givenU ? null : u, p: moved ? p : null } }
  }
}

/** The host scalar behind an update that is a rounded number; any other update as it is. */
const numberOf = (u: Expr, rounded: Composed['rounded']): Expr => (u.op === 'input' ? (rounded.get(u.name) ?? u) : u)

const readBy = (expr: Expr | undefined): readonly string[] =>
  expr === undefined
    ? []
    : [...nodesOf(expr)].flatMap(node => (node.op === 'input' && node.rate === 'total' ? [node.name] : []))

/** The totals that written values depend on, directly or through other totals. */
const liveTotals = (outputs: readonly (Composed & Results)[]): ReadonlySet<string> => {
  const live = new Set<string>()
  const visit = (expr: Expr | undefined | null): void => {
    for (const name of readBy(expr ?? undefined)) {
      if (live.has(name)) continue
      live.add(name)
      outputs.forEach(({ totals }) => {
        visit(totals.get(name))
      })
    }
  }
  outputs.forEach(({ slots, cells, writes }) => {
    ;[...slots.values(), ...cells.values(), writes.u, writes.p].forEach(visit)
  })
  return live
}
