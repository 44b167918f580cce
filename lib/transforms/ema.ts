import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema as average } from '../rule/compose.js'
import { mul } from '../rule/expr.js'
import { decayRate, type Hyper } from '../rule/hyper.js'

/** Options of `ema` and `measureWithEma`. */
export interface EmaOptions {
  /** whether to correct the result for its start at zero, default true */
  readonly debias?: boolean
}

const options: Names<EmaOptions> = { debias: 'biascorrection' }

/**
 * The exponential moving average of updates.
 *
 * `ema = decay ema + (1-decay) u;  u = ema/(1-decay^t)`, or `u = ema` without `debias`. The state keeps the uncorrected
 * average.
 *
 * State: `count`; `ema`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `decay` is not in [0, 1); TypeError for an unknown option.
 * @source optax `ema`. `trace` is the sum without the factor `1-decay`.
 * @example
 * import { chain, ema, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(ema(0.9), scaleByLearningRate(0.1))
 */
export const ema = /* @__PURE__ */ checked(
  { who: 'ema', takes: ['decay'], options },
  (decay: Hyper, { debias = true }: EmaOptions = {}) =>
    ourElementwise({
      name: 'ema',
      hyper: { decay: decayRate(decay) },
      options: { debias },
      slots: { ema: 0 },
      scalars: (t, { decay }) => ({ decay, c: debias ? 1 / (1 - decay ** t) : 1 }),
      step: ({ u, ema: past }, { decay, c }) => {
        const mean = average(decay, past, u)
        return { u: debias ? mul(mean, c) : mean, ema: mean }
      },
    }),
)
