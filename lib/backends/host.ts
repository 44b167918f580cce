/**
 * Evaluates rules on the host in float32, with the same bits as tfjs ops on cpu, for backends that store less than
 * float32.
 */
import { evaluator, float64, type Arith } from '../rule/arith.js'
import type { Expr } from '../rule/expr.js'
import type { Scalars } from '../rule/rule.js'

/** A number where every element is the same; truth values are 1 and 0. */
export type HostValue = number | Float32Array

/** The value at each of `size` elements. */
export const elementsOf = (value: HostValue, size: number): Float32Array =>
  typeof value === 'number' ? new Float32Array(size).fill(value) : value

const truth = (holds: boolean): number => (holds ? 1 : 0)

/** `value` at every element; each result is rounded to float32 as it is stored. */
const each = (size: number, value: (i: number) => number): Float32Array => {
  const out = new Float32Array(size)
  for (let i = 0; i < size; i++) out[i] = value(i)
  return out
}

const unary =
  (f: (a: number) => number) =>
  (a: HostValue): HostValue =>
    typeof a === 'number' ? Math.fround(f(a)) : each(a.length, i => f(a[i] ?? NaN))

const binary =
  (f: (a: number, b: number) => number) =>
  (a: HostValue, b: HostValue): HostValue => {
    if (typeof a !== 'number')
      return each(a.length, typeof b === 'number' ? i => f(a[i] ?? NaN, b) : i => f(a[i] ?? NaN, b[i] ?? NaN))
    return typeof b === 'number' ? Math.fround(f(a, b)) : each(b.length, i => f(a, b[i] ?? NaN))
  }

/** The operations of the rule language on values of the host. */
export const onHostValues: Arith<HostValue, HostValue> = {
  lit: value => value,
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  sqrt: unary(Math.sqrt),
  abs: unary(Math.abs),
  lt: binary((a, b) => truth(a < b)),
  isFinite: unary(a => truth(float64.isFinite(a))),
  select: (cond, a, b) => {
    if (typeof cond === 'number') return cond === 1 ? a : b
    const [left, right] = [elementsOf(a, cond.length), elementsOf(b, cond.length)]
    return each(cond.length, i => (cond[i] === 1 ? left[i] : right[i]) ?? NaN)
  },
}

/** Each expression at `size` elements. */
export const evaluateOnHost = (
  exprs: readonly Expr[],
  env: { readonly scalars: Scalars; readonly values: Readonly<Record<string, HostValue>> },
  size: number,
): readonly Float32Array[] => {
  const value = evaluator(onHostValues, env)
  return exprs.map(expr => elementsOf(value(expr), size).slice())
}
