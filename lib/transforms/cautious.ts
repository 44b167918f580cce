import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { ema, max, sign } from '../rule/compose.js'
import { div, lt, mul, select, type Expr } from '../rule/expr.js'
import { decayRate } from '../rule/hyper.js'
import { adamHyper, adamOptions, corrections, moments, root, type AdamOptions } from './adamMoments.js'
import { sizeOfLeaf } from './blockRms.js'
import { lionMoments, type LionMoments } from './lion.js'

/** 1 where the direction has the sign of the gradient, else 0. */
const agreement = (direction: Expr, u: Expr): Expr => select(lt(0, mul(sign(direction), u)), 1, 0)

/** Makes up for what is left out, up to a thousandfold; a product, so that NaN stays NaN. */
const cautious = (direction: Expr, on: Expr, agreeing: Expr, size: Expr): Expr =>
  mul(direction, select(lt(0, on), div(1, max(div(agreeing, size), 1e-3)), 0))

/**
 * Adam that leaves out what its newest gradient contradicts.
 *
 * `mu, nu` as in `scaleByAdam`;  `a = 1` where `mu u > 0`, else 0;
 * `u = a / max(mean of a over the leaf, 0.001) mu/(1-b1^t) / (sqrt(nu/(1-b2^t) + epsRoot) + eps)`
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Liang et al. 2024, algorithm 1 (C-AdamW), with the scale that its authors' program has now: the mean of the
 * mask, at least 0.001. optax, Keras and torch do not have it.
 * @example
 * import { chain, scaleByCautiousAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByCautiousAdam(), scaleByLearningRate(1e-3))
 */
export const scaleByCautiousAdam = /* @__PURE__ */ checked(
  { who: 'scaleByCautiousAdam', takes: [], options: adamOptions },
  (options: AdamOptions = {}) =>
    ourElementwise({
      name: 'scaleByCautiousAdam',
      hyper: adamHyper(options),
      slots: { mu: 0, nu: 0 },
      scalars: (t, k) => ({ ...k, ...corrections(t, k) }),
      totals: {
        agreeing: { over: 'leaf', of: ({ u, mu }, { b1 }) => agreement(ema(b1, mu, u), u) },
        size: sizeOfLeaf,
      },
      step: ({ agreeing, size, ...x }, k) => {
        const { mu, nu } = moments(x, k)
        const direction = div(mul(mu, k.c1), root(mul(nu, k.c2), k))
        return { u: cautious(direction, agreement(mu, x.u), agreeing, size), mu, nu }
      },
    }),
)

/**
 * Lion that leaves out what its newest gradient contradicts.
 *
 * `x = b1 mu + (1-b1) u;  mu = b2 mu + (1-b2) u;  a = 1` where `x u > 0`, else 0;
 * `u = a / max(mean of a over the leaf, 0.001) sign(x)`
 *
 * State: `count`; `mu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Liang et al. 2024, algorithm 2 (C-Lion), with the scale of `scaleByCautiousAdam`. optax, Keras and torch do not
 * have it.
 * @example
 * import { chain, scaleByCautiousLion, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByCautiousLion(), scaleByLearningRate(1e-4))
 */
export const scaleByCautiousLion = /* @__PURE__ */ checked(
  { who: 'scaleByCautiousLion', takes: [], options: lionMoments },
  ({ b1 = 0.9, b2 = 0.99 }: LionMoments = {}) =>
    ourElementwise({
      name: 'scaleByCautiousLion',
      hyper: { b1: decayRate(b1), b2: decayRate(b2) },
      slots: { mu: 0 },
      totals: {
        agreeing: { over: 'leaf', of: ({ u, mu }, { b1 }) => agreement(ema(b1, mu, u), u) },
        size: sizeOfLeaf,
      },
      step: ({ u, mu, agreeing, size }, { b1, b2 }) => {
        const direction = sign(ema(b1, mu, u))
        return { u: cautious(direction, agreement(direction, u), agreeing, size), mu: ema(b2, mu, u) }
      },
    }),
)
