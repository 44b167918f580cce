import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import { add, div, lt, mul, select, sqrt, sub } from '../rule/expr.js'
import { decayRate, nonNegative, positive } from '../rule/hyper.js'
import { surpriseOptions, type BeliefOptions } from './belief.js'

/** Those of `scaleByBelief` without `nesterov`. */
export type AcpropOptions = Omit<BeliefOptions, 'nesterov'>

/**
 * Divides the update by how far updates were from their mean, all before this step: numerator and denominator are
 * independent.
 *
 * `u' = u / (sqrt(nu/(1-b2^(t-1))) + eps)`, at the first step `u / (1 + eps)`; then
 * `nu = b2 nu + (1-b2) (u - mu)^2 + epsRoot;  mu = b1 mu + (1-b1) u`.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zhuang et al. 2021, algorithm 3; optax `contrib.scale_by_acprop`, which subtracts the mean of before this
 * step, as here; the paper subtracts the new one, which makes `nu` smaller by the factor `b1^2`.
 * @example
 * import { chain, scaleByAcprop, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAcprop(), scaleByLearningRate(1e-3))
 */
export const scaleByAcprop = /* @__PURE__ */ checked(
  { who: 'scaleByAcprop', takes: [], options: surpriseOptions },
  ({ b1 = 0.9, b2 = 0.999, eps = 1e-16, epsRoot = 1e-16 }: AcpropOptions = {}) =>
    ourElementwise({
      name: 'scaleByAcprop',
      hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps), epsRoot: nonNegative(epsRoot) },
      slots: { mu: 0, nu: 0 },
      scalars: (t, k) => ({ ...k, before: t - 1, c2: t === 1 ? 1 : 1 / (1 - k.b2 ** (t - 1)) }),
      step: ({ u, mu, nu }, { b1, b2, eps, epsRoot, before, c2 }) => ({
        u: div(u, add(sqrt(select(lt(0, before), mul(nu, c2), 1)), eps)),
        mu: ema(b1, mu, u),
        nu: add(ema(b2, nu, square(sub(u, mu))), epsRoot),
      }),
    }),
)
