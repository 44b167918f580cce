/**
 * The interpreter that bounds the error of float32: it computes a value in float64, and a bound on the distance of any
 * float32 evaluation from it (running error analysis: the propagated errors of the operands plus one rounding).
 *
 * A bound of infinity promises nothing: near an overflow, a cancelled denominator, a root at zero, or a comparison that
 * is too close to call and has very different branches. If the operands are exact, NaN is a value like any other.
 *
 * @source Higham, Accuracy and Stability of Numerical Algorithms, section 3.3 (running error analysis).
 */
import { float64, type Arith } from './arith.js'
import { reference } from './reference.js'

export interface Bounded {
  readonly value: number
  /** |float32 result - value| is at most this */
  readonly error: number
}

/** The result of a comparison, and whether float32 is certain to give the same. */
interface Decided {
  readonly holds: boolean
  readonly sure: boolean
}

/**
 * How a device rounds: the error of each operation in units of half a float32 ulp, and the absolute error near zero.
 */
export interface Precision {
  readonly add: number
  readonly mul: number
  readonly div: number
  readonly sqrt: number
  /** error of anything that may be subnormal */
  readonly tiny: number
  /** rounding of a sum of n terms, in units of half an ulp of the sum of magnitudes */
  readonly sum: (n: number) => number
}

const half = 2 ** -24
const overflow = 2 ** 128 - 2 ** 103 // from here on float32 rounds to infinity

/** Correct rounding, gradual underflow, totals in float64: cpu and wasm. */
export const correctlyRounded: Precision = { add: 1, mul: 1, div: 1, sqrt: 1, tiny: 2 ** -150, sum: n => n * 2 ** -29 }

/**
 * The guarantees of WGSL and GLSL ES: correctly rounded sums and products, division within 2.5 units in the last place,
 * a root computed as the reciprocal of an inverse root, subnormals flushed; totals by 256 threads, then in pairs.
 */
export const onGpu: Precision = { add: 1, mul: 1, div: 5, sqrt: 10, tiny: 2 ** -126, sum: n => 32 + n / 2 ** 16 }

export const exact = (value: number): Bounded => ({ value, error: 0 })

const arithOf = (precision: Precision): Arith<Bounded, Decided> => {
  /** `value` after one rounding of `ulps` half ulps, with an error of `error` from the operands */
  const rounded = (value: number, error: number, ulps: number, inexact: boolean): Bounded => {
    if (!Number.isFinite(value) || !Number.isFinite(error)) return { value, error: inexact ? Infinity : 0 }
    const size = Math.abs(value) + error
    return { value, error: size >= overflow ? Infinity : error + ulps * half * size + precision.tiny }
  }
  const inexact = (a: Bounded, b = a): boolean => a.error > 0 || b.error > 0
  const linear =
    (op: 'add' | 'sub') =>
    (a: Bounded, b: Bounded): Bounded =>
      rounded(float64[op](a.value, b.value), a.error + b.error, precision.add, inexact(a, b))
  return {
    lit: exact,
    add: linear('add'),
    sub: linear('sub'),
    mul: (a, b) => {
      const error = Math.abs(a.value) * b.error + Math.abs(b.value) * a.error + a.error * b.error
      return rounded(a.value * b.value, inexact(a, b) ? error : 0, precision.mul, inexact(a, b))
    },
    div: (a, b) => {
      const value = a.value / b.value
      if (!inexact(a, b)) return rounded(value, 0, precision.div, false)
      const gap = Math.abs(b.value) - b.error
      const error = gap > 0 ? (a.error + Math.abs(value) * b.error) / gap : Infinity
      return rounded(value, error, precision.div, true)
    },
    sqrt: a => {
      const value = Math.sqrt(a.value)
      if (a.error === 0) return rounded(value, 0, precision.sqrt, false)
      const low = a.value - a.error
      // A difference of 0 may have been rounded up from a negative number.
      return rounded(value, low > 0 ? a.error / (value + Math.sqrt(low)) : Infinity, precision.sqrt, true)
    },
    abs: a => ({ value: Math.abs(a.value), error: a.error }),
    lt: (a, b) => ({
      holds: a.value < b.value,
      sure: !inexact(a, b) || Math.abs(a.value - b.value) > a.error + b.error,
    }),
    isFinite: a => ({
      holds: Number.isFinite(a.value),
      sure: a.error === 0 || Math.abs(a.value) + a.error < overflow,
    }),
    select: ({ holds, sure }, a, b) => {
      const [taken, other] = holds ? [a, b] : [b, a]
      if (sure) return taken
      const apart = Math.abs(taken.value - other.value) + other.error
      return { value: taken.value, error: Math.max(taken.error, Number.isNaN(apart) ? Infinity : apart) }
    },
  }
}

const reduceOf =
  (precision: Precision) =>
  (how: 'sum' | 'max', terms: readonly Bounded[]): Bounded => {
    if (how === 'max')
      return {
        value: terms.reduce((most, term) => Math.max(most, term.value), -Infinity),
        error: terms.reduce((most, term) => Math.max(most, term.error), 0),
      }
    const value = terms.reduce((sum, term) => sum + term.value, 0)
    const size = terms.reduce((sum, term) => sum + Math.abs(term.value) + term.error, 0)
    const error = terms.reduce((sum, term) => sum + term.error, 0) + precision.sum(terms.length) * half * size
    const inexact = terms.some(term => term.error > 0)
    if (!Number.isFinite(value) || !Number.isFinite(error)) return { value, error: inexact ? Infinity : 0 }
    return { value, error: size >= overflow ? Infinity : error + half * size + precision.tiny }
  }

/** The interpreter for a device of this precision. */
export const bounds = (precision: Precision = correctlyRounded) =>
  reference('bounds', arithOf(precision), reduceOf(precision), ({ value }) => value)

/** Whether a float32 result is within the bound; NaN equals NaN. */
export const within = (got: number, { value, error }: Bounded): boolean =>
  error === Infinity || Object.is(got, value) || got === value || Math.abs(got - value) <= error
