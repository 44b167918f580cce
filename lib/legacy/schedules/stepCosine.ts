import { defineSchedule, gardenModule } from './define.js'
import { finite, nameField, numbers, optional, required, strictFlag, type ScheduleOptions } from './fields.js'
import { add, cos, div, f32, mul, pi, sub } from './float32.js'
import { isAscending } from './piecewise.js'

const fields = {
  /** counts, ascending, at least one; the first should be 0 */
  boundaries: required(numbers),
  /** as many as boundaries */
  values: required(numbers),
  /** the count at which the schedule starts, default 0 */
  offset: optional(finite, 0),
  /** default 'StepCosineDecayWithOffset' */
  name: nameField('StepCosineDecayWithOffset'),
  /** whether the rate is NaN from the last boundary on, as upstream; default false */
  strict: strictFlag,
}
/**
 * Options of `kerasStepCosineDecayWithOffset`.
 *
 * @interface
 */
export type StepCosineDecayWithOffsetConfig = ScheduleOptions<typeof fields>

/**
 * Model Garden's StepCosineDecayWithOffset, in float32: from `boundaries[j]` to `boundaries[j + 1]` half a cosine from
 * `values[j]` to `values[j + 1]`; from the last boundary on the last value. The step counts from `offset`; before it,
 * and in the first segment whatever `boundaries[0]` is, the cosine counts from 0.
 *
 * @throws ValueError unless boundaries are ascending, at least one, and values as many; TypeError for an unknown
 * option.
 * @source TF Model Garden `modeling/optimization/lr_schedule.py`, where the last segment has length 0 and gives NaN
 * (`strict`).
 * @example
 * import { kerasStepCosineDecayWithOffset } from 'tfjs-optax/legacy'
 * kerasStepCosineDecayWithOffset({ boundaries: [0, 100], values: [1, 0] })(50) // 0.5
 */
export const kerasStepCosineDecayWithOffset = defineSchedule({
  className: 'StepCosineDecayWithOffset',
  module: gardenModule,
  fields,
  check: ({ boundaries, values }) => {
    if (boundaries.length === 0) return { key: 'boundaries', expected: 'at least one number', got: boundaries }
    if (!isAscending(boundaries)) return { key: 'boundaries', expected: 'ascending', got: boundaries.join(', ') }
    if (values.length === boundaries.length) return undefined
    return { key: 'values', expected: `an array of ${boundaries.length}, as many as boundaries`, got: values }
  },
  value: ({ boundaries, values, offset, strict }) => {
    const segments = boundaries.map((boundary, j) => {
      const [from, to, end] = [values[j] ?? 0, values[j + 1] ?? 0, boundaries[j + 1] ?? boundary]
      const [range, low, start, length] = [from - to, to, j === 0 ? 0 : boundary, end - boundary].map(
        f32,
      ) as CosineSegment
      const wave = (u: number): number => add(cos(div(mul(pi, sub(u, start)), length)), 1)
      const constant = f32(from)
      return (u: number): number => (length === 0 && !strict ? constant : add(div(mul(range, wave(u)), 2), low))
    })
    const [starts, zero] = [boundaries.slice(1).map(f32), f32(offset)]
    return s => {
      const u = sub(s, zero)
      return segments[starts.filter(start => u >= start).length]?.(u) ?? NaN
    }
  },
})

type CosineSegment = [range: number, low: number, start: number, length: number]
