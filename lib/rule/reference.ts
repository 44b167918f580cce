/**
 * Interpreters without tfjs: an arithmetic on single values is lifted to leaves that are lists of them. `f64` and
 * `bounds` are made this way; tests compare every other interpreter with them.
 */
import { badArgument, shapeMismatch } from '../errors.js'
import { alignTo, pathAt } from '../tree/structure.js'
import { evaluator, type Arith } from './arith.js'
import type { Interpreter } from './interpreter.js'

/**
 * A leaf of a reference interpreter: its elements as a flat list, since their arrangement does not matter to a rule.
 */
export class Values<E> {
  constructor(readonly items: readonly E[]) {}
}

const pick = <E>(xs: readonly E[], i: number): E => (xs.length === 1 ? xs[0] : xs[i]) as E

/** Arithmetic element by element; a list of one stands for any number of elements. */
const lift = <E, C>(arith: Arith<E, C>): Arith<readonly E[], readonly C[]> => {
  const each =
    <A, B, R>(f: (a: A, b: B) => R) =>
    (a: readonly A[], b: readonly B[]): readonly R[] =>
      Array.from({ length: a.length === 1 ? b.length : a.length }, (_, i) => f(pick(a, i), pick(b, i)))
  const { lit, add, sub, mul, div, sqrt, abs, lt, isFinite, select } = arith
  return {
    lit: value => [lit(value)],
    add: each(add),
    sub: each(sub),
    mul: each(mul),
    div: each(div),
    sqrt: a => a.map(x => sqrt(x)),
    abs: a => a.map(x => abs(x)),
    lt: each(lt),
    isFinite: a => a.map(x => isFinite(x)),
    select: (cond, a, b) => {
      const pairs = each((x: E, y: E) => [x, y] as const)(a, b)
      return each((c: C, [x, y]: readonly [E, E]) => select(c, x, y))(cond, pairs)
    },
  }
}

/** The interpreter with an arithmetic; `reduce` computes a total from all terms, and `number` is the value of an element. */
export const reference = <E, C>(
  name: string,
  arith: Arith<E, C>,
  reduce: (how: 'sum' | 'max', terms: readonly E[]) => E,
  number: (element: E) => number,
): Interpreter<Values<E>> => {
  const lifted = lift(arith)
  return {
    name,
    userState: null,
    read: (structure, tree, names) =>
      alignTo(structure, tree, names).map((leaf, i) => {
        if (leaf === null || leaf instanceof Values) return leaf as Values<E> | null
        throw badArgument(names.who, `leaf ${pathAt(structure, i)} of ${names.what}`, 'Values', leaf)
      }),
    check: ({ who, what, than }, structure, got, other) =>
      got.forEach((leaf, i) => {
        const [n, m] = [leaf?.items.length, other[i]?.items.length]
        if (n !== undefined && m !== undefined && n !== m)
          throw shapeMismatch(who, pathAt(structure, i), what, `[${n}]`, than, `[${m}]`)
      }),
    size: ({ items }) => items.length,
    evaluate: (exprs, { scalars, values, like }) => {
      const items = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.items]))
      const value = evaluator(lifted, { scalars, values: items })
      return exprs.map(expr => {
        const made = value(expr)
        return new Values(like.items.map((_, i) => pick(made, i)))
      })
    },
    reduce: (how, terms) =>
      new Values([
        reduce(
          how,
          terms.flatMap(term => term.items),
        ),
      ]),
    number: ({ items: [first] }) => (first === undefined ? NaN : number(first)),
    unstack: () => null, // a list has no axes
  }
}
