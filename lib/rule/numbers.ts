/** The parts that rules and links in tfjs ops share: hyperparameters, scalars, and slots. */
import type { AnyNumbers } from './definition.js'
import { input, toExpr, type Expr } from './expr.js'
import { isByPath, resolve, type LeafHypers } from './hyper.js'
import type { Hypers, ByPathRunner, Numbers, Scalars } from './rule.js'

/** The numbers of a link that is not complete yet. */
export interface DefinedNumbers extends Omit<Numbers<unknown>, 'withHyper' | 'readsParams' | 'cells' | 'cellRunner'> {
  readonly withHyper: (hyper: Hypers) => DefinedNumbers
  readonly scalarNames: readonly string[]
}

/** The numbers of a definition, which is not checked here; `checkNumbers` does that for users' definitions. */
export const buildNumbers = (
  { name, hyper = {}, options = {}, slots = {}, scalars: compute = (_t, h) => h }: AnyNumbers,
  ours: boolean,
): DefinedNumbers => {
  const shared = { name, options: Object.freeze({ ...options }), ours, slots: firstSlots(slots) }
  const withHyper = (now: Hypers): DefinedNumbers => {
    const entries = Object.entries(now)
    const byPath = entries.filter(([, { value }]) => isByPath(value)).map(([key]) => key)
    const [first] = entries.map(([, { value }]) => value).filter(isByPath)
    // This runs at every step, so it makes no intermediate records.
    const scalars = (t: number, leaf?: LeafHypers): Scalars => {
      const given: Record<string, number> = {}
      for (const [key, spec] of entries)
        given[key] = isByPath(spec.value)
          ? spec.value.numberAt(name, key, spec, t - 1, leaf)
          : resolve(name, key, spec, t - 1)
      return compute(t, given)
    }
    return {
      ...shared,
      hyper: now,
      scalars,
      byPath,
      byPathRunner: (first?.byPathRunner ?? null) as ByPathRunner | null,
      scalarNames: Object.keys(scalars(1)), // evaluates schedules at count 0, so a bad one fails early
      withHyper,
    }
  }
  return withHyper(hyper)
}

/** The initial value of each slot, as an expression of the parameter. */
const firstSlots = (slots: NonNullable<AnyNumbers['slots']>): Readonly<Record<string, Expr>> =>
  Object.fromEntries(
    Object.entries(slots).map(([slot, init]) => [
      slot,
      toExpr(typeof init === 'function' ? init({ p: input('p', 'element') }) : init),
    ]),
  )
