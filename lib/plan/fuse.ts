/**
 * Fuses rules by substitution: the output expressions of one rule are the inputs of the next. The result says what all
 * active rules of a class do to one element, as expressions over values in memory.
 */
import type { Expr } from '../rule/expr.js'
import type { Rule } from '../rule/rule.js'
import type { Interner } from './interner.js'

/** The names of a rule's slots, totals, cells, extras and scalars in a plan. No two rules share a name. */
export interface PlanNames {
  readonly slots: Readonly<Record<string, string>>
  readonly totals: Readonly<Record<string, string>>
  readonly cells: Readonly<Record<string, string>>
  readonly extras: Readonly<Record<string, string>>
  readonly scalars: Readonly<Record<string, string>>
}

/** A name stays (`mu`) if only one rule has it, else it is numbered (`mu_1`, `mu_2`, …); `u` and `p` are reserved. */
export const namesOf = (rules: readonly Rule[]): readonly PlanNames[] => {
  const own = (rule: Rule) =>
    [
      Object.keys(rule.slots),
      rule.totals.map(({ name }) => name),
      Object.keys(rule.cells),
      rule.extras,
      rule.scalarNames,
    ] as const
  const uses = new Map<string, number>([
    ['u', 2],
    ['p', 2],
  ])
  rules.flatMap(rule => own(rule).flat()).forEach(name => uses.set(name, (uses.get(name) ?? 0) + 1))
  const taken = new Set(uses.keys())
  const fresh = (name: string): string => {
    if (uses.get(name) === 1) return name
    for (let i = 1; ; i++) {
      const numbered = `${name}_${i}`
      if (taken.has(numbered)) continue
      taken.add(numbered)
      return numbered
    }
  }
  return rules.map(rule => {
    const [slots = {}, totals = {}, cells = {}, extras = {}, scalars = {}] = own(rule).map(names =>
      Object.fromEntries(names.map(name => [name, fresh(name)])),
    )
    return { slots, totals, cells, extras, scalars }
  })
}

/** The effect of the active rules on one element. */
export interface Composed {
  /** the update and the parameter after the last rule; `p` is null without parameters */
  readonly u: Expr
  readonly p: Expr | null
  /** whether a rule returns the parameter, even unchanged: this depends on the chain, not on numbers */
  readonly moved: boolean
  /** the next value of every slot of the active rules */
  readonly slots: ReadonlyMap<string, Expr>
  /** the next value of every cell of the active rules */
  readonly cells: ReadonlyMap<string, Expr>
  /** the expression that each total of the active rules reduces */
  readonly totals: ReadonlyMap<string, Expr>
  /**
   * host scalars that a rule returns in place of elements; rounded to float32 before the next rule, as an element is
   */
  readonly rounded: ReadonlyMap<string, Expr>
}

/** Fuses the `active` rules in order; null if one needs parameters, or a signal, and there are none. */
export const fuse = (
  make: Interner,
  rules: readonly Rule[],
  names: readonly PlanNames[],
  active: readonly boolean[],
  hasParams: boolean,
): Composed | null => {
  const slots = new Map<string, Expr>()
  const cells = new Map<string, Expr>()
  const totals = new Map<string, Expr>()
  const rounded = new Map<string, Expr>()
  const signals = new Map<string, Expr>()
  let u = make.input('u', 'element')
  let p = hasParams ? make.input('p', 'element') : null
  let moved = false
  const settle = (expr: Expr): Expr => {
    if (expr.rate !== 'scalar') return expr
    const name = `rounded ${rounded.size}`
    rounded.set(name, expr)
    return make.input(name, 'total')
  }
  for (const [i, rule] of rules.entries()) {
    const own = names[i]
    if (active[i] !== true || own === undefined) continue
    if (rule.readsParams && p === null) return null
    const elements: Readonly<Record<string, Expr>> = {
      u,
      ...(p === null ? {} : { p }),
      ...Object.fromEntries(Object.entries(own.slots).map(([slot, name]) => [slot, make.input(name, 'element')])),
      ...Object.fromEntries(
        Object.entries({ ...own.totals, ...own.cells, ...own.extras }).map(([total, name]) => [
          total,
          make.input(name, 'total'),
        ]),
      ),
      ...Object.fromEntries(signals),
    }
    const place = (expr: Expr): Expr =>
      make.substitute(expr, (name, rate) => {
        const known = elements[name]
        return rate !== 'scalar' && known !== undefined ? known : make.input(own.scalars[name] ?? name, rate)
      })
    for (const { name, of } of rule.totals) totals.set(own.totals[name] ?? name, place(of))
    for (const [slot, next] of Object.entries(rule.next)) slots.set(own.slots[slot] ?? slot, place(next))
    for (const [cell, next] of Object.entries(rule.nextCells)) cells.set(own.cells[cell] ?? cell, place(next))
    for (const [name, value] of Object.entries(rule.signals?.sends ?? {})) signals.set(name, place(value))
    const nextP = rule.p === null ? p : settle(place(rule.p))
    u = settle(place(rule.u))
    p = nextP
    moved ||= rule.p !== null
  }
  return { u, p, moved, slots, cells, totals, rounded }
}
