import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { add, mul } from '../rule/expr.js'
import { decayRate, type Hyper } from '../rule/hyper.js'

/** Options of `trace`. */
export interface TraceOptions {
  /** whether to look one step ahead, default false */
  readonly nesterov?: boolean
}

const options: Names<TraceOptions> = { nesterov: '' }

/**
 * A decaying sum of updates: momentum. There is no factor `1 - decay`.
 *
 * `trace = u + decay trace;  u = trace`, or with Nesterov `u = u + decay trace`.
 *
 * State: `count`; `trace`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `decay` is not in [0, 1); TypeError for an unknown option.
 * @source Sutskever et al. 2013; optax `trace`. Keras's momentum sums updates times the learning rate
 * (`kerasMomentum`).
 * @example
 * import { chain, scaleByLearningRate, trace } from 'tfjs-optax'
 * const momentum = chain(trace(0.9, { nesterov: true }), scaleByLearningRate(0.1))
 */
export const trace = /* @__PURE__ */ checked(
  { who: 'trace', takes: ['decay'], options },
  (decay: Hyper, { nesterov = false }: TraceOptions = {}) =>
    ourElementwise({
      name: 'trace',
      hyper: { decay: decayRate(decay) },
      options: { nesterov },
      slots: { trace: 0 },
      step: ({ u, trace }, { decay }) => {
        const sum = add(u, mul(decay, trace))
        return { u: nesterov ? add(u, mul(decay, sum)) : sum, trace: sum }
      },
    }),
)
