import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { max, neg } from '../rule/compose.js'
import { abs, add, div, mul, sub } from '../rule/expr.js'
import { decayRate, finite, positive, type Hyper } from '../rule/hyper.js'
import { adamaxOptions, type AdamaxOptions } from './adamax.js'

/**
 * Adamax as in Keras: `eps` is added to the denominator. It includes the rate, so it ends a chain.
 *
 * `m = m + (u - m)(1 - b1);  v = max(b2 v, |u|);  u = -learningRate/(1-b1^t) m / (v + eps)`, with `eps` 1e-7 by default.
 *
 * State: `count`; `m` and `v`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Kingma and Ba 2015, algorithm 2; Keras's Adamax. optax and torch (`scaleByAdamax`) have `eps` in the maximum.
 * @example
 * import { kerasAdamax } from 'tfjs-optax'
 * const tx = kerasAdamax(1e-3)
 */
export const kerasAdamax = /* @__PURE__ */ checked(
  { who: 'kerasAdamax', takes: ['learningRate'], options: adamaxOptions },
  (learningRate: Hyper, { b1 = 0.9, b2 = 0.999, eps = 1e-7 }: AdamaxOptions = {}) =>
    ourElementwise({
      name: 'kerasAdamax',
      hyper: { learningRate: finite(learningRate), b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps) },
      slots: { m: 0, v: 0 },
      scalars: (t, { learningRate, b1, b2, eps }) => ({ rate: learningRate / (1 - b1 ** t), fresh: 1 - b1, b2, eps }),
      step: ({ u, m: past, v }, { rate, fresh, b2, eps }) => {
        const m = add(past, mul(sub(u, past), fresh))
        const most = max(mul(b2, v), abs(u))
        return { u: neg(div(mul(rate, m), add(most, eps))), m, v: most }
      },
    }),
)
