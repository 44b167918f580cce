/** Rules whose step a signal can undo on the device, so that the host need not know whether it happened. */
import { input, lit, lt, select, type Expr } from './expr.js'
import { lagging, varying, withEarlier, withEarlierNames } from './lagged.js'
import type { Equations, Hypers, Rule, Signals } from './rule.js'

/** The names of the signals that a guarded link reads. */
export interface GuardNames {
  /** above 0 if the step counts; otherwise slots, cells and parameters stay as they are, and the update is zero */
  readonly runs: string
  /** how many steps before this one did not count */
  readonly skipped: string
}

/** The signals of a guarded link, with those of the link itself. */
export const guardSignals = ({ runs, skipped }: GuardNames, own: Signals | undefined): Signals => ({
  sends: own?.sends ?? {},
  receives: { ...own?.receives, [runs]: 'total', [skipped]: 'total' },
})

const known = new WeakMap<Equations, Map<string, Equations>>()

/** Equal guards of the same equations are one object, so that they have the same plans. */
const guardedEquations = (of: Equations, names: GuardNames, vary: readonly string[]): Equations => {
  const byText = known.get(of) ?? new Map<string, Equations>()
  known.set(of, byText)
  const text = JSON.stringify([names, vary])
  const found = byText.get(text) ?? guard(of, names, vary)
  byText.set(text, found)
  return found
}

const mapped = <A, B>(record: Readonly<Record<string, A>>, change: (value: A, name: string) => B) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)] as const))

const guard = (of: Equations, names: GuardNames, vary: readonly string[]): Equations => {
  const runs = lt(0, input(names.runs, 'total'))
  const lagged = lagging(input(names.skipped, 'total'), vary)
  const isSame = (a: Expr, b: Expr): boolean => a.op === 'input' && b.op === 'input' && a.name === b.name
  const unlessSkipped = (next: Expr, before: Expr): Expr =>
    isSame(next, before) ? next : select(runs, lagged(next), before)
  const signals = guardSignals(names, of.signals)
  return {
    ...of,
    totals: of.totals.map(total => ({ ...total, of: lagged(total.of) })),
    // adding -0 changes no parameter, whereas 0 makes 0 of -0
    u: unlessSkipped(of.u, lit(-0)),
    p: of.p === null ? null : unlessSkipped(of.p, input('p', 'element')),
    next: mapped(of.next, (next, slot) => unlessSkipped(next, input(slot, 'element'))),
    nextCells: mapped(of.nextCells, (next, cell) => unlessSkipped(next, input(cell, 'total'))),
    signals: { ...signals, sends: mapped(signals.sends, lagged) },
  }
}

/** The rule, guarded. Its numbers, slots and cells are those of `rule`. */
export const guardedRule = (rule: Rule, names: GuardNames): Rule => {
  const vary = varying(rule)
  const equations = guardedEquations(rule.equations, names, vary)
  return Object.freeze({
    ...rule,
    ...equations,
    equations,
    scalars: withEarlier(rule.scalars, vary),
    scalarNames: withEarlierNames(rule.scalarNames, vary),
    withHyper: (hyper: Hypers) => guardedRule(rule.withHyper(hyper), names),
  })
}
