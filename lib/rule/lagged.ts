/**
 * Scalars of a count that the host does not know. A link that skips steps on the device counts them there, whereas the
 * host counts every step. So the host gives the scalars of its own count and of those before it, under names with `@`,
 * and the device chooses by how many steps were skipped.
 */
import { recent } from '../recent.js'
import { comparing, input, lt, nodesOf, onOperands, select, type Cond, type Expr } from './expr.js'
import type { LeafHypers } from './hyper.js'
import type { Numbers, Rule, Scalars } from './rule.js'

/** How many skipped steps scalars follow. Later ones count as steps: bias corrections are near 1 by then. */
export const mostLag = 7

const earlier = Array.from({ length: mostLag }, (_, k) => k + 1)

const nameAt = (name: string, lag: number): string => `${name}@${lag}`

/** Steps at which the scalars of a rule are compared, to find those that never change. */
const probes = [1, 2, 3, 10, 1000, 1e6]

/** The names of the scalars that may differ by step. */
export const varying = ({
  hyper,
  scalars,
  scalarNames,
}: Pick<Rule, 'hyper' | 'scalars' | 'scalarNames'>): readonly string[] => {
  if (Object.values(hyper).some(({ value }) => typeof value !== 'number')) return scalarNames
  const seen = probes.map(t => scalars(t))
  return scalarNames.filter(name => seen.some(one => !Object.is(one[name], hyper[name]?.value)))
}

/** The scalars of step `t` with those of earlier steps. Each step is computed once, so a schedule sees each count once. */
export const withEarlier = (
  scalars: Numbers<unknown>['scalars'],
  names: readonly string[],
): Numbers<unknown>['scalars'] => {
  if (names.length === 0) return scalars
  const known = recent<Scalars>(2 * mostLag)
  const at = (t: number, leaf: LeafHypers | undefined): Scalars => {
    if (leaf !== undefined) return scalars(t, leaf)
    const made = known.get(String(t)) ?? scalars(t)
    known.set(String(t), made)
    return made
  }
  return (t, leaf) => {
    const all: Record<string, number> = { ...at(t, leaf) }
    for (const lag of earlier) {
      const before = at(Math.max(1, t - lag), leaf)
      for (const name of names) all[nameAt(name, lag)] = before[name] ?? NaN
    }
    return all
  }
}

export const withEarlierNames = (scalarNames: readonly string[], names: readonly string[]): readonly string[] => [
  ...scalarNames,
  ...earlier.flatMap(lag => names.map(name => nameAt(name, lag))),
]

/** Expressions in which the scalars of `names` are those of `skipped` steps ago. */
export const lagging = (skipped: Expr, names: readonly string[]): ((x: Expr) => Expr) => {
  const isVarying = (x: Expr): boolean =>
    [...nodesOf(x)].some(node => node.op === 'input' && node.rate === 'scalar' && names.includes(node.name))
  const ago = (x: Expr, lag: number): Expr => {
    const known = new Map<Expr, Expr>()
    const renamed = (one: Expr): Expr => {
      const made = known.get(one) ?? rename(one)
      known.set(one, made)
      return made
    }
    const rename = (one: Expr): Expr =>
      one.op === 'input' && names.includes(one.name)
        ? input(nameAt(one.name, lag), 'scalar')
        : onOperands(one, renamed, cond)
    const cond = (one: Cond): Cond => comparing(one, renamed)
    return renamed(x)
  }
  const scalar = (x: Expr): Expr =>
    isVarying(x)
      ? earlier.reduceRight(
          (rest, lag) => select(lt(skipped, lag), lag === 1 ? x : ago(x, lag - 1), rest),
          ago(x, mostLag),
        )
      : x
  const done = new Map<Expr, Expr>()
  const lagged = (x: Expr): Expr => {
    const made = done.get(x) ?? (x.rate === 'scalar' ? scalar(x) : onOperands(x, lagged, cond))
    done.set(x, made)
    return made
  }
  const cond = (x: Cond): Cond => (x.rate === 'scalar' ? lt(0, scalar(select(x, 1, 0))) : comparing(x, lagged))
  return lagged
}
