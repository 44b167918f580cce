import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import { add, div, mul, sqrt, sub } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { meanDirection, meanFactors } from './nesterovMean.js'

/** Options of `scaleByBelief`. */
export interface BeliefOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squared surprises, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-16 */
  readonly eps?: Hyper
  /** added to the slot `nu` at each step, at least 0, default 1e-16 */
  readonly epsRoot?: Hyper
  /** whether the mean looks one step ahead, default false */
  readonly nesterov?: boolean
}

/** The names of the options that ACProp has too. */
export const surpriseOptions = { b1: 'beta1 betas', b2: 'beta2 betas', eps: 'epsilon', epsRoot: 'epsilonroot' } as const
export const beliefOptions: Names<BeliefOptions> = { ...surpriseOptions, nesterov: '' }

/**
 * Divides the mean of updates by how far updates are from it: large steps where gradients are as expected.
 *
 * `mu = b1 mu + (1-b1) u;  nu = b2 nu + (1-b2) (u - mu)^2 + epsRoot;  u = mu/(1-b1^t) / (sqrt(nu/(1-b2^t)) + eps)`, and
 * with `nesterov` the mean of `scaleByNadam`.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zhuang et al. 2020, algorithm 2, where `epsRoot` is added to `nu` itself and so accumulates, up to
 * `epsRoot / (1-b2)`; optax `scale_by_belief` does so too.
 * @example
 * import { chain, scaleByBelief, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByBelief(), scaleByLearningRate(1e-3))
 */
export const scaleByBelief = /* @__PURE__ */ checked(
  { who: 'scaleByBelief', takes: [], options: beliefOptions },
  ({ b1 = 0.9, b2 = 0.999, eps = 1e-16, epsRoot = 1e-16, nesterov = false }: BeliefOptions = {}) =>
    ourElementwise({
      name: 'scaleByBelief',
      hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps), epsRoot: nonNegative(epsRoot) },
      options: { nesterov },
      slots: { mu: 0, nu: 0 },
      scalars: (t, k) => ({ ...k, ...meanFactors(t, k.b1, nesterov), c2: 1 / (1 - k.b2 ** t) }),
      step: ({ u, mu: past, nu }, k) => {
        const mu = ema(k.b1, past, u)
        const surprise = add(ema(k.b2, nu, square(sub(u, mu))), k.epsRoot)
        const direction = meanDirection(mu, u, k, nesterov)
        return { u: div(direction, add(sqrt(mul(surprise, k.c2)), k.eps)), mu, nu: surprise }
      },
    }),
)
