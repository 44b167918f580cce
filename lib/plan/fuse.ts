/**
 * Link substituted into link: what a run of rules does to one element, as expressions over what is in memory. One set of
 * expressions for each set of rules that are active on a leaf.
 */
import type { Expr } from '../rule/expr.js'
import type { Rule } from '../rule/rule.js'
import type { Interner } from './interner.js'

/** The names of a rule's slots, totals and scalars in a plan, where no two rules share one. */
export interface PlanNames {
  readonly slots: Readonly<Record<string, string>>
  readonly totals: Readonly<Record<string, string>>
  readonly scalars: Readonly<Record<string, string>>
}

/** `mu` where one rule only has it, else `mu_1`, `mu_2`, …; `u` and `p` are taken. */
export const namesOf = (rules: readonly Rule[]): readonly PlanNames[] => {
  const own = (rule: Rule) => [Object.keys(rule.slots), rule.totals.map(({ name }) => name), rule.scalarNames] as const
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
    const [slots, totals, scalars] = own(rule).map(names => Object.fromEntries(names.map(name => [name, fresh(name)])))
    return { slots: slots ?? {}, totals: totals ?? {}, scalars: scalars ?? {} }
  })
}

/** What some rules make of one element. */
export interface Composed {
  /** the update after the last link, and the parameter as far as rules moved it; null where none was given */
  readonly u: Expr
  readonly p: Expr | null
  /** whether a rule has given the parameter, be it the same: that depends on the chain, not on numbers */
  readonly moved: boolean
  /** the next value of every slot of the active rules */
  readonly slots: ReadonlyMap<string, Expr>
  /** what each total of the active rules is taken of */
  readonly totals: ReadonlyMap<string, Expr>
  /** numbers of the host that one link hands to the next: rounded to float32 there, as an element would be */
  readonly rounded: ReadonlyMap<string, Expr>
}

/** The rules that are `active`, one after the other; null if one needs parameters and there are none. */
export const fuse = (
  make: Interner,
  rules: readonly Rule[],
  names: readonly PlanNames[],
  active: readonly boolean[],
  hasParams: boolean,
): Composed | null => {
  const slots = new Map<string, Expr>()
  const totals = new Map<string, Expr>()
  const rounded = new Map<string, Expr>()
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
      ...Object.fromEntries(Object.entries(own.totals).map(([total, name]) => [total, make.input(name, 'total')])),
    }
    const place = (expr: Expr): Expr =>
      make.substitute(expr, (name, rate) => {
        const known = elements[name]
        return rate !== 'scalar' && known !== undefined ? known : make.input(own.scalars[name] ?? name, rate)
      })
    for (const { name, of } of rule.totals) totals.set(own.totals[name] ?? name, place(of))
    for (const [slot, next] of Object.entries(rule.next)) slots.set(own.slots[slot] ?? slot, place(next))
    const nextP = rule.p === null ? p : settle(place(rule.p))
    u = settle(place(rule.u))
    p = nextP
    moved ||= rule.p !== null
  }
  return { u, p, moved, slots, totals, rounded }
}
