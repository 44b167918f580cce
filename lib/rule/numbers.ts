/** The parts that rules and links in tfjs ops share: hyperparameters, scalars, and slots. */
import type { AnyNumbers } from './definition.js'
import { input, toExpr, type Expr } from './expr.js'
import { isByPath, resolve, resolveAt, sampleOf, type HyperChanges, type HyperSpec, type LeafHypers } from './hyper.js'
import { refuseOthers } from './options.js'
import type { LeafScalars, Numbers, Scalars } from './rule.js'

type Hypers = Readonly<Record<string, HyperSpec>>

/** The numbers of a link that is not complete yet. */
export interface DefinedNumbers extends Omit<Numbers<unknown>, 'withHyper' | 'readsParams' | 'cells' | 'cellRunner'> {
  readonly withHyper: (changes: HyperChanges) => DefinedNumbers
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
    const byPath = entries.flatMap(([key, { value }]) => (isByPath(value) ? [[key, value] as const] : []))
    // This runs at every step, so it makes no intermediate records.
    const scalars = (t: number, leaf?: LeafHypers): Scalars => {
      const given: Record<string, number> = {}
      let next = 0
      for (const [key, spec] of entries) {
        if (!isByPath(spec.value)) given[key] = resolve(name, key, spec, t - 1)
        else if (leaf === undefined) given[key] = sampleOf(spec)
        else given[key] = resolveAt(name, key, spec, t - 1, leaf.path, leaf.values[next++])
      }
      return compute(t, given)
    }
    return {
      ...shared,
      hyper: now,
      scalars,
      byPath: byPath.map(([key]) => key),
      leafScalars: (byPath[0]?.[1].leafScalars ?? null) as LeafScalars | null,
      hypersAt: (path, leaf) => ({ path, values: byPath.map(([, value]) => value.valueAt(path, leaf)) }),
      scalarNames: Object.keys(scalars(1)), // evaluates schedules at count 0, so a bad one fails early
      withHyper: changes => withHyper(changed(name, now, changes)),
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

const changed = (who: string, hyper: Hypers, changes: HyperChanges): Hypers => {
  refuseOthers(who, changes, Object.keys(hyper))
  return Object.fromEntries(
    Object.entries(hyper).map(([key, spec]) => {
      const other = changes[key] ?? spec
      return [key, typeof other === 'object' && !isByPath(other) ? other : { ...spec, value: other }]
    }),
  )
}
