/** Hyperparameters: numbers or schedules of the count, each with its range. */
import { hyperNotANumber, hyperOutOfRange, scheduleOutOfRange } from '../errors.js'

/** A value for each count of finished steps. As in optax, the first step sees count 0. */
export type Schedule = (count: number) => number

/** Every hyperparameter may be a number or a schedule. */
export type Hyper = number | Schedule

/** A hyperparameter and its range: checked when the transformation is made, and for a schedule at every step. */
export interface HyperSpec {
  readonly value: Hyper
  readonly expected: string
  readonly holds: (value: number) => boolean
}

/** Other values of hyperparameters by name, or other values with other ranges. */
export type HyperChanges = Readonly<Record<string, Hyper | HyperSpec>>

const spec =
  (expected: string, holds: (value: number) => boolean) =>
  (value: Hyper): HyperSpec => ({ value, expected, holds })

/** Any number that is finite as a float32. */
export const finite = spec('finite in float32', v => Number.isFinite(Math.fround(v)))
/** Any number, NaN too, as TensorFlow accepts. */
export const anyNumber = spec('a number', () => true)
/** Above 0 and finite, as a float32 too. */
export const positive = spec('positive and finite in float32', v => Math.fround(v) > 0 && Math.fround(v) < Infinity)
/** At least 0 and finite. */
export const nonNegative = spec('at least 0 and finite', v => v >= 0 && v < Infinity)
/** The weight of the past in an average: in [0, 1). */
export const decayRate = spec('in [0, 1)', v => v >= 0 && v < 1)

/** The value at `count`; throws if it is out of range. */
export const resolve = (who: string, name: string, { value, expected, holds }: HyperSpec, count: number): number => {
  if (typeof value === 'number') {
    if (!holds(value)) throw hyperOutOfRange(who, name, expected, value)
    return value
  }
  if (typeof value !== 'function') throw hyperNotANumber(who, name, value)
  const got: unknown = value(count)
  if (typeof got !== 'number' || !holds(got)) throw scheduleOutOfRange(who, name, count, expected, got)
  return got
}
