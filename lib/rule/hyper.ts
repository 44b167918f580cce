/** Hyperparameters: numbers or schedules of the count, each with its range. */
import { hyperNotANumber, hyperOutOfRange, scheduleOutOfRange } from '../errors.js'

/** A value for each count of finished steps. As in optax, the first step sees count 0. */
export type Schedule = (count: number) => number

/** A number for all steps, or a number for each. */
export type Timed = number | Schedule

/** A value for each leaf, by its path and the parameter; `byPath` makes one. */
export interface ByPath {
  readonly valueAt: (path: string, leaf: unknown) => Timed
  /** the `ByPathRunner` of rule.ts, which comes with the value, so that bundles without one omit it */
  readonly byPathRunner: unknown
  /** `numberAt` of leafScalars.ts, which comes with the value too */
  readonly numberAt: NumberAt
}

/** The number of a hyperparameter by path at `count` for a leaf; without `leaf` one that stands for those of all leaves. */
export type NumberAt = (who: string, name: string, spec: HyperSpec, count: number, leaf?: LeafHypers) => number

/** Every hyperparameter may be a number, a schedule, or one of these for each leaf. */
export type Hyper = Timed | ByPath

/** The values of a link's hyperparameters by path for one leaf, by their names. */
export interface LeafHypers {
  readonly path: string
  readonly values: Readonly<Record<string, Timed>>
}

export const isByPath = (value: unknown): value is ByPath =>
  typeof value === 'object' && value !== null && 'valueAt' in value && typeof value.valueAt === 'function'

/**
 * A hyperparameter and its range: checked when the transformation is made, for a schedule at every step, and by path
 * when a leaf is first seen.
 */
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
export const finite = /* @__PURE__ */ spec('finite in float32', v => Number.isFinite(Math.fround(v)))
/** Any number, NaN too, as TensorFlow accepts. */
export const anyNumber = /* @__PURE__ */ spec('a number', () => true)
/** Above 0 and finite, as a float32 too. */
export const positive = /* @__PURE__ */ spec(
  'positive and finite in float32',
  v => Math.fround(v) > 0 && Math.fround(v) < Infinity,
)
/** At least 0 and finite. */
export const nonNegative = /* @__PURE__ */ spec('at least 0 and finite', v => v >= 0 && v < Infinity)
/** The weight of the past in an average: in [0, 1). */
export const decayRate = /* @__PURE__ */ spec('in [0, 1)', v => v >= 0 && v < 1)

/** The value at `count`; throws if it is out of range. */
export const resolve = (who: string, name: string, spec: HyperSpec, count: number): number =>
  resolveValue(who, name, spec, spec.value, count)

/** `resolve` for a value that need not be the spec's own, such as that of a leaf, and is called `name` in errors. */
export const resolveValue = (
  who: string,
  name: string,
  { expected, holds }: HyperSpec,
  value: unknown,
  count: number,
): number => {
  if (typeof value === 'number') {
    if (!holds(value)) throw hyperOutOfRange(who, name, expected, value)
    return value
  }
  if (typeof value !== 'function') throw hyperNotANumber(who, name, value)
  const got: unknown = (value as Schedule)(count)
  if (typeof got !== 'number' || !holds(got)) throw scheduleOutOfRange(who, name, count, expected, got)
  return got
}

/** The hyperparameter with `change` applied to its number or schedule, or to that of each leaf. */
export const changedHyper = (value: Hyper, change: (one: Timed) => Timed): Hyper => {
  if (!isByPath(value)) return change(value)
  const known = new Map<Timed, Timed>() // equal values stay equal, so that leaves share their scalars
  const changed = (one: Timed): Timed => {
    const made = known.get(one) ?? change(one)
    known.set(one, made)
    return made
  }
  return { ...value, valueAt: (path, leaf) => changed(value.valueAt(path, leaf)) }
}

/** The value of a number or a schedule. */
export const at = (value: Timed, count: number): number => (typeof value === 'number' ? value : value(count))
