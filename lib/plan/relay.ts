/**
 * Relays: streams that one pass writes and later ones read, in memory that ends with the step. LAMB's first pass needs
 * Adam's direction for its norm and the last one for the parameters; without a relay both would compute it.
 *
 * A value is relayed if a later pass would compute it again with at least two quotients or roots, and if the passes move
 * no more streams for it. They move fewer where new slot values are then written with it, since the last pass need not
 * read the old ones again.
 */
import { childrenOf, nodesOf, type Cond, type Expr } from '../rule/expr.js'
import { written } from './class.js'
import type { Interner } from './interner.js'
import type { Sinks } from './kernel.js'

/** The outputs of the passes, with the names of the relays among their streams. */
export interface Relayed {
  readonly sinks: readonly Sinks[]
  readonly relays: readonly string[]
}

/** How many quotients and roots of an element are as slow as a stream that is written and read. */
const costly = 2

const nothing: Sinks = { writes: [], reductions: [] }

const valuesOf = ({ writes, reductions }: Sinks): readonly Expr[] => [
  ...writes.map(({ value }) => value),
  ...reductions.map(({ of }) => of),
]

/** The streams that some outputs read. */
const readBy = (sinks: Sinks): ReadonlySet<string> =>
  new Set(
    [...nodesOf(...valuesOf(sinks))].flatMap(node =>
      node.op === 'input' && node.rate === 'element' ? [node.name] : [],
    ),
  )

/** How many streams the passes read and write. */
const moved = (sinks: readonly Sinks[]): number =>
  sinks.reduce((sum, one) => sum + readBy(one).size + one.writes.length, 0)

const isCostly = (expr: Expr): boolean =>
  [...nodesOf(expr)].filter(({ op, rate }) => rate === 'element' && (op === 'div' || op === 'sqrt')).length >= costly

/** The outermost of the `known` values in some expressions. */
const outermost = (known: ReadonlySet<Expr | Cond>, exprs: readonly Expr[]): readonly Expr[] => {
  const found = new Set<Expr>()
  const seen = new Set<Expr | Cond>()
  const visit = (node: Expr | Cond): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (known.has(node) && node.op !== 'lt' && node.op !== 'isFinite') found.add(node)
    else childrenOf(node).forEach(visit)
  }
  exprs.forEach(visit)
  return [...found]
}

/** Relays what pass `from` computes and later ones would compute again; as it was if nothing is gained. */
const relayedFrom = (make: Interner, before: Relayed, from: number): Relayed => {
  const last = before.sinks.length - 1
  const known = nodesOf(...valuesOf(before.sinks[from] ?? nothing))
  const early = before.sinks[last]?.writes.filter(({ value }) => known.has(value)) ?? []
  const left = before.sinks.map((one, pass) =>
    pass === last ? { ...one, writes: one.writes.filter(write => !early.includes(write)) } : one,
  )
  const later = left.slice(from + 1)
  const values = outermost(known, later.flatMap(valuesOf)).filter(isCostly)
  if (values.length === 0) return before
  const names = new Map(values.map((value, i) => [value, `relay ${before.relays.length + i + 1}`]))
  const inputs = new Map([...names].map(([value, name]) => [value, make.input(name, 'element')]))
  const read = ({ writes, reductions }: Sinks): Sinks => ({
    writes: writes.map(({ stream, value }) => ({ stream, value: make.replace(value, inputs) })),
    reductions: reductions.map(one => ({ ...one, of: make.replace(one.of, inputs) })),
  })
  const reading = later.map(read)
  // What a later pass still reads must not be overwritten before it.
  const old = new Set(reading.flatMap(one => [...readBy(one)].map(written)))
  const [late, now] = [true, false].map(isLate => early.filter(({ stream }) => old.has(stream) === isLate))
  const handed = [...names].map(([value, name]) => ({ stream: written(name), value }))
  const sinks = left.map((one, pass): Sinks => {
    if (pass < from) return one
    if (pass === from) return { ...one, writes: [...one.writes, ...(now ?? []), ...handed] }
    const next = reading[pass - from - 1] ?? one
    return pass < last
      ? next
      : { ...next, writes: [...read({ writes: late ?? [], reductions: [] }).writes, ...next.writes] }
  })
  return moved(sinks) > moved(before.sinks) ? before : { sinks, relays: [...before.relays, ...names.values()] }
}

/** The outputs of all passes of a class, with relays where they gain. */
export const relayed = (make: Interner, sinks: readonly Sinks[]): Relayed =>
  sinks.slice(0, -1).reduce((done: Relayed, _, from) => relayedFrom(make, done, from), { sinks, relays: [] })
