import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument } from '../errors.js'
import { max } from '../rule/compose.js'
import { abs, add, div, mul, sub } from '../rule/expr.js'
import { nonNegative, positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByCocob`. */
export interface CocobOptions {
  /** bounds the first steps: the greater, the smaller they are; at least 0, default 100 */
  readonly alpha?: Hyper
  /** the initial scale of gradients, above 0, default 1e-8 */
  readonly eps?: number
}

export const cocobOptions: Names<CocobOptions> = { alpha: '', eps: 'epsilon' }

/**
 * Bets on coins: the step size follows from how much past steps have won, without a learning rate. The result is a step
 * downhill, so no rate follows.
 *
 * `scale = max(scale, |u|);  subgradients += |u|;  reward = max(reward - u (p - initParticles), 0);
 * cumulativeGradients -= u;  u = initParticles - p + cumulativeGradients / max(subgradients + scale, alpha scale) (1 +
 * reward / scale)`
 *
 * State: `count`; `initParticles`, the parameters of `init`, `cumulativeGradients`, `scale`, which starts at `eps`,
 * `subgradients` and `reward`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Orabona and Tommasi 2017, algorithm 2; optax `contrib.scale_by_cocob`.
 * @example
 * import { scaleByCocob } from 'tfjs-optax'
 * const tx = scaleByCocob()
 */
export const scaleByCocob = /* @__PURE__ */ checked(
  { who: 'scaleByCocob', takes: [], options: cocobOptions },
  ({ alpha = 100, eps = 1e-8 }: CocobOptions = {}) => {
    const { holds, expected } = positive(0)
    if (typeof eps !== 'number' || !holds(eps)) throw badArgument('scaleByCocob', 'eps', `a number, ${expected}`, eps)
    return ourElementwise({
      name: 'scaleByCocob',
      hyper: { alpha: nonNegative(alpha) },
      options: { eps },
      slots: { initParticles: ({ p }) => p, cumulativeGradients: 0, scale: eps, subgradients: 0, reward: 0 },
      step: ({ u, p, initParticles, ...x }, { alpha }) => {
        const scale = max(x.scale, abs(u))
        const subgradients = add(x.subgradients, abs(u))
        const reward = max(sub(x.reward, mul(u, sub(p, initParticles))), 0)
        const cumulativeGradients = sub(x.cumulativeGradients, u)
        const share = div(cumulativeGradients, max(add(subgradients, scale), mul(alpha, scale)))
        const bet = mul(share, add(1, div(reward, scale))) // no product of two small numbers, which could be 0
        return {
          u: add(sub(initParticles, p), bet),
          initParticles,
          cumulativeGradients,
          scale,
          subgradients,
          reward,
        }
      },
    })
  },
)
