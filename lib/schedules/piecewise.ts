import { readonlyArray as A, function as F } from 'fp-ts'
import { checked } from '../call/checked.js'
import { isRecord } from '../call/record.js'
import { hyperOutOfRange, badArgument } from '../errors.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument } from './check.js'
import { eases, interpolate, type Point } from './interpolate.js'

/** The factor by which the value is multiplied at each boundary, a count. */
export type BoundariesAndScales = Readonly<Record<number, number>>

/** The values with the counts at which they start, the first at 0. */
const pointsOf = (who: string, initValue: number, scales: BoundariesAndScales): readonly Point[] => {
  finiteArgument(who, { initValue })
  if (!isRecord(scales)) throw badArgument(who, 'boundariesAndScales', 'a record of scales by count', scales)
  return F.pipe(
    Object.entries(scales),
    A.map(([boundary, scale]) => {
      const from = Number(boundary)
      // Only keys in this form are ordered by count; '1e3' would come last.
      if (!Number.isInteger(from) || from < 0 || String(from) !== boundary)
        throw hyperOutOfRange(who, 'boundary', 'a whole number, at least 0', boundary)
      if (typeof scale !== 'number' || !(scale >= 0 && scale < Infinity))
        throw hyperOutOfRange(who, `scale at ${boundary}`, 'at least 0 and finite', scale)
      return { from, scale }
    }),
    A.scanLeft({ from: 0, value: initValue }, ({ value }, { from, scale }) => ({ from, value: value * scale })),
  )
}

/**
 * Starts at `initValue`; from each boundary on, the value is multiplied by its scale.
 *
 * @throws ValueError for a boundary that is not a whole number or a negative scale.
 * @source optax `piecewise_constant_schedule`.
 * @example
 * import { piecewiseConstantSchedule } from 'tfjs-optax'
 * const rate = piecewiseConstantSchedule(1, { 100: 0.1, 200: 0.1 })
 * rate(99) // 1
 * rate(100) // 0.1
 */
export const piecewiseConstantSchedule = /* @__PURE__ */ checked(
  { who: 'piecewiseConstantSchedule', takes: ['initValue', 'boundariesAndScales'] },
  (initValue: number, boundariesAndScales: BoundariesAndScales = {}): Schedule => {
    const who = 'piecewiseConstantSchedule'
    const points = pointsOf(who, initValue, boundariesAndScales)
    const made = { initValue, boundariesAndScales: Object.freeze({ ...boundariesAndScales }) }
    return carrying(who, made, count =>
      points.reduce((value, point) => (count >= point.from ? point.value : value), initValue),
    )
  },
)

/**
 * Interpolates between the values of `piecewiseConstantSchedule` at its boundaries, along a line or half a cosine;
 * constant after the last.
 *
 * @throws TypeError for another kind of interpolation; ValueError as `piecewiseConstantSchedule`.
 * @source optax `piecewise_interpolate_schedule`.
 * @example
 * import { piecewiseInterpolateSchedule } from 'tfjs-optax'
 * piecewiseInterpolateSchedule('linear', 1, { 10: 0.5 })(5) // 0.75
 */
export const piecewiseInterpolateSchedule = /* @__PURE__ */ checked(
  { who: 'piecewiseInterpolateSchedule', takes: ['interpolateType', 'initValue', 'boundariesAndScales'] },
  (
    interpolateType: 'linear' | 'cosine',
    initValue: number,
    boundariesAndScales: BoundariesAndScales = {},
  ): Schedule => {
    const who = 'piecewiseInterpolateSchedule'
    if (!Object.hasOwn(eases, interpolateType))
      throw badArgument(who, 'interpolateType', "'linear' or 'cosine'", interpolateType)
    const ease = eases[interpolateType]
    const points = pointsOf(who, initValue, boundariesAndScales)
    const made = { interpolateType, initValue, boundariesAndScales: Object.freeze({ ...boundariesAndScales }) }
    return carrying(who, made, count => interpolate(points, ease, count))
  },
)
