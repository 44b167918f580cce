/**
 * Chain to passes. Leaves on which the same rules are active form a class; each pass has one kernel per class. A pass
 * ends where a total is read, since it must be complete: first the passes that only reduce, then one that writes. Slots
 * are written by the last pass only, those before it compute what they need of them again.
 */
import type { Expr } from '../rule/expr.js'
import { addsNothing, nodesOf } from '../rule/expr.js'
import type { Rule } from '../rule/rule.js'
import { fuse, namesOf, type Composed, type PlanNames } from './fuse.js'
import { interner } from './interner.js'
import { lower, type Lowered, type Sinks, type TotalInput } from './kernel.js'

/** What is wanted besides slots: new parameters, updates, or what the next link of a cut chain gets. */
export type Goal = 'params' | 'updates' | 'flow'

/** What is planned. */
export interface PlanRequest {
  readonly rules: readonly Rule[]
  readonly goal: Goal
  readonly hasParams: boolean
  /** for each class the rules that are active in it */
  readonly classes: readonly (readonly boolean[])[]
}

export interface PlannedTotal {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  /** the pass that makes it */
  readonly pass: number
}

/** What becomes of a stream: written to memory of its own or in place, or the same as another one. */
export interface ClassPlan {
  /** one kernel per pass; null where this class has nothing to do in one */
  readonly passes: readonly (Lowered | null)[]
  /** the slots of the active rules: the stream of each, and its number among those of all rules */
  readonly slots: readonly { readonly stream: string; readonly tree: number; readonly kept: boolean }[]
  /** every stream that a pass reads, then every stream that the last one writes */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** the trees of these streams: 0 the update, 1 the parameter, then those of the slots */
  readonly readTrees: readonly number[]
  readonly writeTrees: readonly number[]
  /** whether any pass has something to do */
  readonly runs: boolean
  /** what the passes write and reduce, for interpreters */
  readonly sinks: readonly Sinks[]
  readonly rounded: ReadonlyMap<string, Expr>
}

export interface Plan {
  readonly totals: readonly PlannedTotal[]
  /** passes that may run leaf by leaf, one after the other: no total of the tree lies between them */
  readonly sweeps: readonly (readonly number[])[]
  readonly classes: readonly ClassPlan[]
  readonly names: readonly PlanNames[]
}

/** The trees that streams belong to; the first slot has number 2. */
export const [updateTree, paramTree, firstSlotTree] = [0, 1, 2]

/** The streams that a step writes: `u'`, `p'`, `mu'`. */
export const written = (stream: string): string => `${stream}'`

/**
 * The plan for some classes; null where a rule needs parameters that are not there, and where hundreds of links depend on
 * one another, so that their expression is too deep for the stack: tfjs ops take such a chain link by link.
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

  const allSlots = rules.flatMap((rule, i) =>
    Object.keys(rule.slots).map(slot => ({ rule: i, stream: names[i]?.slots[slot] ?? slot })),
  )

  return {
    totals,
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
        return { kind: 'total', over: totals.find(total => total.name === name)?.over ?? 'tree' }
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
      const all = Array.from({ length: last + 1 }, (_, pass) => sinks(pass))
      const passes = all.map(made => (made.writes.length + made.reductions.length === 0 ? null : lower(made, stands)))
      const reads = [...new Set(passes.flatMap(pass => pass?.kernel.reads ?? []))]
      const trees = new Map<string, number>([
        ['u', updateTree],
        ['p', paramTree],
        ...slots.map(({ stream, tree }) => [stream, firstSlotTree + tree] as const),
      ])
      const targets = new Map([...trees].map(([stream, tree]) => [written(stream), tree]))
      return {
        passes,
        slots,
        reads,
        writes: writes.map(({ stream }) => stream),
        readTrees: reads.map(stream => trees.get(stream) ?? NaN),
        writeTrees: writes.map(({ stream }) => targets.get(stream) ?? NaN),
        runs: passes.some(pass => pass !== null),
        sinks: all,
        rounded: one.rounded,
      }
    }),
  }
}

interface Results {
  /** null where it stays what it is */
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

/** The expression of the host that an element stands for, if it does. */
const numberOf = (u: Expr, rounded: Composed['rounded']): Expr => (u.op === 'input' ? (rounded.get(u.name) ?? u) : u)

const readBy = (expr: Expr | undefined): readonly string[] =>
  expr === undefined
    ? []
    : [...nodesOf(expr)].flatMap(node => (node.op === 'input' && node.rate === 'total' ? [node.name] : []))

/** The totals that something written depends on, through others as well. */
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
  outputs.forEach(({ slots, writes }) => {
    ;[...slots.values(), writes.u, writes.p].forEach(visit)
  })
  return live
}
