import { defineSchedule } from './define.js'
import { finite, nameField, optional, positive, required, strictFlag, type ScheduleOptions } from './fields.js'
import { add, cos, div, f32, log, mul, pi, pow, sub } from './float32.js'

/** The period in which a multiple `c` of the first period lies, and the fraction of it that is done. */
const periodOf = (tMul: number) => (c: number) => {
  if (tMul === 1) return { period: Math.floor(c), done: sub(c, Math.floor(c)) }
  const rest = sub(1, tMul)
  const period = Math.floor(div(log(sub(1, mul(c, rest))), log(tMul)))
  const length = pow(tMul, period)
  return { period, done: div(sub(c, div(sub(1, length), rest)), length) }
}

const fields = {
  initialLearningRate: required(finite),
  /** the steps of the first period; positive */
  firstDecaySteps: required(positive),
  /** the factor by which each period is longer than the last, default 2; positive */
  tMul: optional(positive, 2),
  /** the factor by which each period starts lower than the last, default 1 */
  mMul: optional(finite, 1),
  /** the rate at the end of a period as a fraction of `initialLearningRate`, default 0 */
  alpha: optional(finite, 0),
  name: nameField(),
  /** whether `tMul` below 1 gives NaN after the last of the ever shorter periods, as in Keras; default false */
  strict: strictFlag,
}
/**
 * Options of `kerasCosineDecayRestarts`.
 *
 * @interface
 */
export type CosineDecayRestartsConfig = ScheduleOptions<typeof fields>

/**
 * Keras's CosineDecayRestarts, in float32: `initial ((1 - alpha) mMul^r (1 + cos(pi x)) / 2 + alpha)` in period r,
 * where `x` is the fraction of the period that is done.
 *
 * With `tMul` below 1 the periods end at `firstDecaySteps / (1 - tMul)`; from there on the rate is `initial alpha`.
 *
 * @throws ValueError for values that are not finite, or `firstDecaySteps` or `tMul` that are not positive; TypeError
 * for an unknown option.
 * @source Loshchilov and Hutter 2017 (SGDR); Keras `optimizers/schedules/learning_rate_schedule.py`,
 * CosineDecayRestarts, which is NaN after the last period (`strict`).
 * @example
 * import { kerasCosineDecayRestarts } from 'tfjs-optax/legacy'
 * kerasCosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 100 })(50) // 0.5
 */
export const kerasCosineDecayRestarts = defineSchedule({
  className: 'CosineDecayRestarts',
  fields,
  value: ({ initialLearningRate, firstDecaySteps, tMul, mMul, alpha, strict }) => {
    const [initial, steps, factor, floor] = [f32(initialLearningRate), f32(firstDecaySteps), f32(mMul), f32(alpha)]
    const [rest, split, t] = [sub(1, floor), periodOf(f32(tMul)), f32(tMul)]
    return s => {
      const c = div(s, steps)
      if (!strict && t < 1 && sub(1, mul(c, sub(1, t))) <= 0) return mul(initial, floor)
      const { period, done } = split(c)
      const wave = mul(mul(0.5, pow(factor, period)), add(1, cos(mul(pi, done))))
      return mul(initial, add(mul(rest, wave), floor))
    }
  },
})
