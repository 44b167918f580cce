import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { max, square } from '../rule/compose.js'
import { add, div, lt, mul, select, sqrt } from '../rule/expr.js'
import { nonNegative, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByTrustRatio`. */
export interface TrustRatioOptions {
  /** the least norm that both are taken as, at least 0, default 0 */
  readonly minNorm?: Hyper
  /** multiplies the ratio, at least 0, default 1 */
  readonly trustCoefficient?: Hyper
  /** added to the norm of the update, at least 0, default 0 */
  readonly eps?: Hyper
}

const options: Names<TrustRatioOptions> = { minNorm: 'min', trustCoefficient: 'eeta eta', eps: 'epsilon' }

/**
 * Multiplies the update of each leaf by the ratio of the norms of its parameter and its update.
 *
 * `a = max(|p|, minNorm);  b = max(|u|, minNorm);  u = u trustCoefficient a / (b + eps)`, or `u` as it is if `a` or `b`
 * is 0. The norms are of one leaf. State: `count`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source You et al. 2017 and 2020, whose function phi is the identity here; optax `scale_by_trust_ratio`. Keras's LAMB
 * and LARS multiply the ratio by the rate first (`kerasLamb`, `kerasLars`).
 * @example
 * import { chain, scaleByAdam, scaleByLearningRate, scaleByTrustRatio } from 'tfjs-optax'
 * const tx = chain(scaleByAdam(), scaleByTrustRatio({ minNorm: 1e-6 }), scaleByLearningRate(1e-3))
 */
export const scaleByTrustRatio = /* @__PURE__ */ checked(
  { who: 'scaleByTrustRatio', takes: [], options },
  ({ minNorm = 0, trustCoefficient = 1, eps = 0 }: TrustRatioOptions = {}) =>
    ourElementwise({
      name: 'scaleByTrustRatio',
      hyper: {
        minNorm: nonNegative(minNorm),
        trustCoefficient: nonNegative(trustCoefficient),
        eps: nonNegative(eps),
      },
      totals: {
        pp: { over: 'leaf', of: ({ p }) => square(p) },
        uu: { over: 'leaf', of: ({ u }) => square(u) },
      },
      step: ({ u, pp, uu }, { minNorm, trustCoefficient, eps }) => {
        const [ofP, ofU] = [max(sqrt(pp), minNorm), max(sqrt(uu), minNorm)]
        const ratio = div(mul(trustCoefficient, ofP), add(ofU, eps))
        // 1 + n is 1 if the norm is 0, and NaN if it is NaN.
        return { u: mul(u, select(lt(0, ofP), select(lt(0, ofU), ratio, add(1, ofU)), add(1, ofP))) }
      },
    }),
)
