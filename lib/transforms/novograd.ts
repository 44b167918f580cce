import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { namedChain } from '../chain.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import { div, lt, select } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { root } from './adamMoments.js'
import { addDecayedWeights } from './decay.js'
import { trace } from './trace.js'

/** Options of the link that divides by the norm of each leaf. */
export interface NovogradNormOptions {
  /** weight of the past in the mean of squared norms, in [0, 1), default 0.25 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-8, in `novograd` 1e-6 */
  readonly eps?: Hyper
  /** added under the root, at least 0, default 0 */
  readonly epsRoot?: Hyper
}

/** Options of `scaleByNovograd`. */
export interface NovogradOptions extends NovogradNormOptions {
  /** weight of the past updates in their sum, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** the factor of the parameter that is added to the scaled update, default 0, which needs no parameters */
  readonly weightDecay?: Hyper
}

export const novogradOptions: Names<NovogradOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
  epsRoot: 'epsilonroot',
  weightDecay: 'wd',
}

/** The link `norm` of `scaleByNovograd`: `u = u / (sqrt(nu + epsRoot) + eps)`, `nu` the mean of `|u|^2` of the leaf. */
export const novogradNorm = ({ b2 = 0.25, eps = 1e-8, epsRoot = 0 }: NovogradNormOptions) =>
  ourElementwise(
    {
      name: 'novogradNorm',
      hyper: { b2: decayRate(b2), eps: positive(eps), epsRoot: nonNegative(epsRoot) },
      cells: { nu: { over: 'leaf', first: 0 } },
      scalars: (t, k) => ({ ...k, before: t - 1 }),
      totals: { uu: { over: 'leaf', of: ({ u }) => square(u) } },
      step: ({ u, uu, ...x }, k) => {
        const nu = select(lt(0, k.before), ema(k.b2, x.nu, uu), uu)
        return { u: div(u, root(nu, k)), nu }
      },
    },
    { cellRunner },
  )

/**
 * Divides the update of each leaf by a mean of its norms, adds decay, and sums the results: Adam with one second moment
 * for each leaf.
 *
 * `nu = |u|^2` of the leaf at the first step, `nu = b2 nu + (1-b2) |u|^2` after it;  `mu = b1 mu + u / (sqrt(nu +
 * epsRoot) + eps) + weightDecay p;  u = mu`. There is no factor `1 - b1`.
 *
 * State: `norm` with `count` and `nu`, a float32 scalar for each leaf; `decay` with `count`; `trace` with `count` and
 * `trace`, which is `mu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters if
 * there is decay.
 * @source Ginsburg et al. 2019, algorithm 1, whose first `mu` and sum are these; optax `scale_by_novograd`, which needs
 * parameters without decay too. A leaf that has its first update later than the others has `nu = (1-b2) |u|^2` then, as
 * in optax.
 * @example
 * import { chain, scaleByLearningRate, scaleByNovograd } from 'tfjs-optax'
 * const tx = chain(scaleByNovograd({ b2: 0.5 }), scaleByLearningRate(0.01))
 */
export const scaleByNovograd = /* @__PURE__ */ checked(
  { who: 'scaleByNovograd', takes: [], options: novogradOptions },
  ({ b1 = 0.9, weightDecay = 0, ...norm }: NovogradOptions = {}) =>
    namedChain(['norm', novogradNorm(norm)], ['decay', addDecayedWeights(weightDecay)], ['trace', trace(b1)]),
)
