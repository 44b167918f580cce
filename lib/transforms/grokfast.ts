import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema } from '../rule/compose.js'
import { add, mul } from '../rule/expr.js'
import { decayRate, nonNegative, type Hyper } from '../rule/hyper.js'

/** Options of `grokfast`. */
export interface GrokfastOptions {
  /** weight of the past in the mean of gradients, in [0, 1), default 0.98 */
  readonly alpha?: Hyper
  /** how many times the mean is added, at least 0, default 2 */
  readonly lamb?: Hyper
}

const options: Names<GrokfastOptions> = { alpha: 'decay', lamb: 'lambda' }

/**
 * Amplifies what changes slowly in gradients: models generalize sooner after they have fitted the training data. It comes
 * before the optimizer.
 *
 * `mu = alpha mu + (1-alpha) u`, at the first step `mu = u`;  `u = u + lamb mu`
 *
 * State: `count`; `mu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Lee et al. 2024, algorithm 2 (Grokfast-EMA), whose program starts the mean at the first gradient. optax, Keras
 * and torch do not have it.
 * @example
 * import { adamw, chain, grokfast } from 'tfjs-optax'
 * const tx = chain(grokfast(), adamw(1e-3, { weightDecay: 1 }))
 */
export const grokfast = /* @__PURE__ */ checked(
  { who: 'grokfast', takes: [], options },
  ({ alpha = 0.98, lamb = 2 }: GrokfastOptions = {}) =>
    ourElementwise({
      name: 'grokfast',
      hyper: { alpha: decayRate(alpha), lamb: nonNegative(lamb) },
      slots: { mu: 0 },
      scalars: (t, { alpha, lamb }) => ({ keep: t === 1 ? 0 : alpha, lamb }),
      step: ({ u, mu }, { keep, lamb }) => {
        const mean = ema(keep, mu, u)
        return { u: add(u, mul(lamb, mean)), mu: mean }
      },
    }),
)
