/**
 * The arithmetic of an interpreter: the operations of the language on its own kind of value `E` and truth value `C`.
 * `evaluator` evaluates an expression with them, each node once. Every interpreter computes nodes that read only
 * scalars in float64 on the host, and rounds them to float32 once, where they meet an element or a total.
 */
import type { BinaryOp, Cond, Expr, UnaryOp } from './expr.js'

export interface Arith<E, C>
  extends Readonly<Record<BinaryOp, (a: E, b: E) => E>>, Readonly<Record<UnaryOp, (a: E) => E>> {
  /** a number on the host, already rounded to float32 */
  readonly lit: (value: number) => E
  readonly lt: (a: E, b: E) => C
  readonly isFinite: (a: E) => C
  readonly select: (cond: C, a: E, b: E) => E
}

/** Arithmetic on JavaScript's numbers, for scalars on the host and the float64 reference. */
export const float64: Arith<number, boolean> = {
  lit: value => value,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  sqrt: Math.sqrt,
  abs: Math.abs,
  lt: (a, b) => a < b,
  isFinite: Number.isFinite,
  select: (cond, a, b) => (cond ? a : b),
}

/** The inputs of an evaluation. */
export interface Env<E> {
  readonly scalars: Readonly<Record<string, number>>
  readonly values: Readonly<Record<string, E>>
}

/** A memoising evaluator of expressions in one environment, which must have every input that they read. */
export const evaluator = <E, C>(arith: Arith<E, C>, { scalars, values }: Env<E>): ((expr: Expr) => E) =>
  walker(arith, values, walker(float64, scalars, null)).value

/** A memoising evaluator of expressions that read only scalars, in float64. */
export const scalarEvaluator = (scalars: Env<number>['scalars']): ((expr: Expr) => number) =>
  walker(float64, scalars, null).value

/** Evaluates the nodes of expressions and conditions, each once. */
interface Walker<E, C> {
  readonly value: (x: Expr) => E
  readonly cond: (c: Cond) => C
}

/** `host` evaluates what reads only scalars; null if this walker itself is the host's. */
const walker = <E, C>(
  arith: Arith<E, C>,
  inputs: Readonly<Record<string, E>>,
  host: Walker<number, boolean> | null,
): Walker<E, C> => {
  const done = new Map<Expr, E>()
  const conds = new Map<Cond, C>()

  const value = (x: Expr): E => {
    const known = done.get(x)
    if (known !== undefined) return known
    const made = host !== null && x.rate === 'scalar' ? arith.lit(Math.fround(host.value(x))) : node(x)
    done.set(x, made)
    return made
  }
  const node = (x: Expr): E => {
    switch (x.op) {
      case 'lit':
        return arith.lit(x.value)
      case 'input':
        return lookUp(inputs, x.name)
      case 'select':
        if (host !== null && x.cond.rate === 'scalar') return value(host.cond(x.cond) ? x.a : x.b)
        return arith.select(cond(x.cond), value(x.a), value(x.b))
      case 'sqrt':
      case 'abs':
        return arith[x.op](value(x.a))
      default:
        return arith[x.op](value(x.a), value(x.b))
    }
  }
  const cond = (c: Cond): C => {
    const known = conds.get(c)
    if (known !== undefined) return known
    const made = c.op === 'lt' ? arith.lt(value(c.a), value(c.b)) : arith.isFinite(value(c.a))
    conds.set(c, made)
    return made
  }
  return { value, cond }
}

const lookUp = <T>(record: Readonly<Record<string, T>>, name: string): T => {
  const found = record[name]
  if (found === undefined) throw new TypeError(`rule: there is no input ${name} here`)
  return found
}
