import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import { ourElementwise } from '../elementwise.js'
import { add, mul } from '../rule/expr.js'
import { finite, type Hyper } from '../rule/hyper.js'
import { scaleByTrustRatio } from '../transforms/scaleByTrustRatio.js'

/** Options of `fromage`. */
export interface FromageOptions {
  /** the least norm that parameter and update are taken as, at least 0, default 1e-6 */
  readonly minNorm?: Hyper
}

const options: Names<FromageOptions> = { minNorm: 'min' }

/** The link behind the ratio: `m = 1 / sqrt(1 + learningRate^2);  u = -learningRate m u + (m - 1) p`. */
export const fromageRate = (learningRate: Hyper) =>
  ourElementwise({
    name: 'fromageRate',
    hyper: { learningRate: finite(learningRate) },
    scalars: (_t, { learningRate }) => {
      const m = 1 / Math.sqrt(1 + learningRate ** 2)
      return { rate: -learningRate * m, shrink: m - 1 }
    },
    step: ({ u, p }, { rate, shrink }) => ({ u: add(mul(u, rate), mul(p, shrink)) }),
  })

/**
 * Frobenius matched gradient descent: steps that are a fixed part of each leaf's norm, with a factor that keeps the
 * norms from growing.
 *
 * `scaleByTrustRatio({ minNorm })`, then `m = 1 / sqrt(1 + learningRate^2);  u = -learningRate m u + (m - 1) p`.
 * State: `count`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Bernstein et al. 2020, algorithm 1; optax `fromage`.
 * @example
 * import { fromage } from 'tfjs-optax'
 * const tx = fromage(0.01)
 */
export const fromage = /* @__PURE__ */ checked(
  { who: 'fromage', takes: ['learningRate'], options },
  (learningRate: Hyper, { minNorm = 1e-6 }: FromageOptions = {}) =>
    chain(scaleByTrustRatio({ minNorm }), fromageRate(learningRate)),
)
