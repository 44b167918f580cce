import { defineSchedule } from './define.js'
import { nameField, numbers, required, type ScheduleOptions } from './fields.js'
import { f32 } from './float32.js'

/** Whether each number is greater than the last, as float32. */
export const isAscending = (list: readonly number[]): boolean =>
  list.every((x, i) => i === 0 || f32(x) > f32(list[i - 1] ?? NaN))

const fields = {
  /** counts, ascending, at least one */
  boundaries: required(numbers),
  /** one more than boundaries */
  values: required(numbers),
  name: nameField(),
}
/**
 * Options of `kerasPiecewiseConstantDecay`.
 *
 * @interface
 */
export type PiecewiseConstantDecayConfig = ScheduleOptions<typeof fields>

/**
 * Keras's PiecewiseConstantDecay: `values[j]` if j boundaries are strictly below the step, so the step at a boundary
 * still has the value before it.
 *
 * @throws ValueError unless boundaries are ascending, at least one, and values one more; TypeError for an unknown
 * option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, PiecewiseConstantDecay, which accepts an empty list
 * and fails when called.
 * @example
 * import { kerasPiecewiseConstantDecay } from 'tfjs-optax/legacy'
 * kerasPiecewiseConstantDecay({ boundaries: [10], values: [1, 0.5] })(11) // 0.5
 */
export const kerasPiecewiseConstantDecay = defineSchedule({
  className: 'PiecewiseConstantDecay',
  fields,
  check: ({ boundaries, values }) => {
    if (boundaries.length === 0) return { key: 'boundaries', expected: 'at least one number', got: boundaries }
    if (!isAscending(boundaries)) return { key: 'boundaries', expected: 'ascending', got: boundaries.join(', ') }
    if (values.length === boundaries.length + 1) return undefined
    return { key: 'values', expected: `an array of ${boundaries.length + 1}, one more than boundaries`, got: values }
  },
  value: ({ boundaries, values }) => {
    const [ends, levels] = [boundaries.map(f32), values.map(f32)]
    return s => levels[ends.filter(end => end < s).length] ?? NaN
  },
})
