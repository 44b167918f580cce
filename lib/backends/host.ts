/**
 * Evaluates rules on the host in float32, with the same bits as tfjs ops on cpu, for backends that store less than
 * float32.
 */
import { evaluator, float64, type Arith } from '../rule/arith.js'
import type { Expr } from '../rule/expr.js'
import type { Scalars } from '../rule/rule.js'

/** A number where every element is the same; truth values are 1 and 0. */
export type HostValue = number | Float32Array

const at = (x: HostValue, i: number): number => (typeof x === 'number' ? x : (x[i] ?? NaN))

const sizeOf = (...values: readonly HostValue[]): number | null =>
  values.reduce<number | null>((size, x) => (typeof x === 'number' ? size : x.length), null)

/** `f` at every element, rounded to float32. */
const each =
  (f: (...operands: readonly [number, number, number]) => number) =>
  (a: HostValue, b: HostValue = 0, c: HostValue = 0): HostValue => {
    const size = sizeOf(a, b, c)
    if (size === null) return Math.fround(f(at(a, 0), at(b, 0), at(c, 0)))
    const out = new Float32Array(size)
    for (let i = 0; i < size; i++) out[i] = f(at(a, i), at(b, i), at(c, i))
    return out
  }

const truth = (holds: boolean): number => (holds ? 1 : 0)

const arith: Arith<HostValue, HostValue> = {
  lit: value => value,
  add: each((a, b) => a + b),
  sub: each((a, b) => a - b),
  mul: each((a, b) => a * b),
  div: each((a, b) => a / b),
  sqrt: each(a => Math.sqrt(a)),
  abs: each(a => Math.abs(a)),
  lt: each((a, b) => truth(a < b)),
  isFinite: each(a => truth(float64.isFinite(a))),
  select: each((cond, a, b) => (cond === 1 ? a : b)),
}

/** Each expression at `size` elements. */
export const evaluateOnHost = (
  exprs: readonly Expr[],
  env: { readonly scalars: Scalars; readonly values: Readonly<Record<string, HostValue>> },
  size: number,
): readonly Float32Array[] => {
  const value = evaluator(arith, env)
  return exprs.map(expr => {
    const made = value(expr)
    return typeof made === 'number' ? new Float32Array(size).fill(made) : made.slice()
  })
}
