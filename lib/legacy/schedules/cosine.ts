import { defineSchedule } from './define.js'
import {
  finite,
  nameField,
  nonNegative,
  nullable,
  optional,
  positive,
  required,
  type ScheduleOptions,
} from './fields.js'
import { add, cos, div, f32, mul, pi, sub } from './float32.js'

const fields = {
  initialLearningRate: required(finite),
  /** the steps of the decay, without the warmup; positive */
  decaySteps: required(positive),
  /** the final rate as a fraction of the rate at which the decay starts, default 0 */
  alpha: optional(finite, 0),
  name: nameField(),
  /** the rate after the warmup, default null: no warmup */
  warmupTarget: optional(nullable(finite), null),
  /** the steps from `initialLearningRate` to `warmupTarget`, default 0; ignored without a target */
  warmupSteps: optional(nonNegative, 0),
}
/**
 * Options of `kerasCosineDecay`.
 *
 * @interface
 */
export type CosineDecayConfig = ScheduleOptions<typeof fields>

/**
 * Keras's CosineDecay, in float32: `from ((1 - alpha) (1 + cos(pi s / decaySteps)) / 2 + alpha)`, constant after its
 * end. Without a target `from` is `initialLearningRate` and `s` the step. With one, a line from `initialLearningRate`
 * to `warmupTarget` in `warmupSteps` steps comes first; then `from = warmupTarget` and `s` counts from there.
 *
 * @throws ValueError for values that are not finite, `decaySteps` that are not positive or `warmupSteps` below 0;
 * TypeError for an unknown option.
 * @source Loshchilov and Hutter 2017 (SGDR); Keras `optimizers/schedules/learning_rate_schedule.py`, CosineDecay, with
 * warmup since 2.13.
 * @example
 * import { kerasCosineDecay } from 'tfjs-optax/legacy'
 * kerasCosineDecay({ initialLearningRate: 1, decaySteps: 100, alpha: 0.1 })(50) // 0.55
 */
export const kerasCosineDecay = defineSchedule({
  className: 'CosineDecay',
  fields,
  value: ({ initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps }) => {
    const [initial, steps, rest, floor] = [f32(initialLearningRate), f32(decaySteps), f32(1 - alpha), f32(alpha)]
    const decay = (from: number, s: number): number => {
      const wave = mul(0.5, add(1, cos(mul(pi, div(s, steps)))))
      return mul(from, add(mul(rest, wave), floor))
    }
    if (warmupTarget === null) return s => decay(initial, Math.min(s, steps))
    const [target, warmup] = [f32(warmupTarget), f32(warmupSteps)]
    const [rise, end] = [sub(target, initial), add(steps, warmup)]
    return step => {
      const s = Math.min(step, end)
      return s < warmup ? add(mul(rise, div(s, warmup)), initial) : decay(target, sub(s, warmup))
    }
  },
})
