import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import type { Schedule } from '../rule/hyper.js'
import { carrying } from './carry.js'
import { finiteArgument, positiveSteps } from './check.js'

/** Options of `cosineDecaySchedule`. */
export interface CosineOptions {
  /** the final value as a fraction of `initValue`, default 0 */
  readonly alpha?: number
  /** power of the cosine, default 1 */
  readonly exponent?: number
}

const options: Names<CosineOptions> = { alpha: 'endvalue etamin minlr', exponent: 'power' }

/**
 * Half a cosine from `initValue` to `alpha initValue` in `decaySteps` steps.
 *
 * `initValue ((1 - alpha) ((1 + cos(pi min(count, N) / N)) / 2)^exponent + alpha)`
 *
 * @throws ValueError for values that are not finite, or steps that are not whole or below 1; TypeError for an unknown
 * option.
 * @source Loshchilov and Hutter 2017 (SGDR); optax `cosine_decay_schedule`.
 * @example
 * import { cosineDecaySchedule } from 'tfjs-optax'
 * cosineDecaySchedule(1, 100, { alpha: 0.1 })(50) // 0.55
 */
export const cosineDecaySchedule = /* @__PURE__ */ checked(
  { who: 'cosineDecaySchedule', takes: ['initValue', 'decaySteps'], options },
  (initValue: number, decaySteps: number, { alpha = 0, exponent = 1 }: CosineOptions = {}): Schedule => {
    finiteArgument('cosineDecaySchedule', { initValue, alpha, exponent })
    positiveSteps('cosineDecaySchedule', { decaySteps })
    return carrying('cosineDecaySchedule', { initValue, decaySteps, alpha, exponent }, count => {
      const wave = 0.5 * (1 + Math.cos((Math.PI * Math.min(count, decaySteps)) / decaySteps))
      return initValue * ((1 - alpha) * wave ** exponent + alpha)
    })
  },
)
