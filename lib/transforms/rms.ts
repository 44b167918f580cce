import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, max, square } from '../rule/compose.js'
import { add, div, mul, sqrt, sub, type Expr } from '../rule/expr.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'
import { startAtLeast0 } from './start.js'

/** Options of `scaleByRms` and `scaleByStddev`. */
export interface RmsOptions {
  /** weight of the past in the means, in [0, 1), default 0.9 */
  readonly decay?: Hyper
  /** keeps the denominator from zero, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** the initial mean of squares, at least 0, default 0 */
  readonly initialScale?: number
  /** whether `eps` is under the root, default true; else it is added to the root, as in torch */
  readonly epsInSqrt?: boolean
  /** whether the means are corrected for their start at zero, default false */
  readonly biasCorrection?: boolean
}

export const rmsOptions: Names<RmsOptions> = {
  decay: 'rho alpha b2 beta2',
  eps: 'epsilon',
  initialScale: '',
  epsInSqrt: '',
  biasCorrection: 'debias',
}

/** The parts that both have, by options. */
const partsOf = (
  who: string,
  { decay = 0.9, eps = 1e-8, initialScale = 0, epsInSqrt = true, biasCorrection = false }: RmsOptions,
) => ({
  hyper: { decay: decayRate(decay), eps: positive(eps) },
  options: { initialScale, epsInSqrt, biasCorrection },
  start: startAtLeast0(who, 'initialScale', initialScale),
  scalars: (t: number, { decay, eps }: Readonly<Record<'decay' | 'eps', number>>) => ({
    decay,
    eps,
    c: biasCorrection ? 1 / (1 - decay ** t) : 1,
  }),
  corrected: (mean: Expr, c: Expr): Expr => (biasCorrection ? mul(mean, c) : mean),
  divided: (u: Expr, squares: Expr, eps: Expr): Expr =>
    div(u, epsInSqrt ? sqrt(add(squares, eps)) : add(sqrt(squares), eps)),
})

/**
 * Divides by the root of the mean of squares.
 *
 * `nu = decay nu + (1-decay) u^2;  u = u / sqrt(nu + eps)`, or `u / (sqrt(nu) + eps)` without `epsInSqrt`. With
 * `biasCorrection`, `nu/(1-decay^t)` stands for `nu` in the quotient.
 *
 * State: `count`; `nu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Hinton 2012, lecture 6e; optax `scale_by_rms`, and RMSprop of Keras 3. torch adds `eps` to the root.
 * @example
 * import { chain, scaleByLearningRate, scaleByRms } from 'tfjs-optax'
 * const tx = chain(scaleByRms({ decay: 0.99, epsInSqrt: false }), scaleByLearningRate(0.01))
 */
export const scaleByRms = /* @__PURE__ */ checked(
  { who: 'scaleByRms', takes: [], options: rmsOptions },
  (given: RmsOptions = {}) => {
    const { hyper, options, start, scalars, corrected, divided } = partsOf('scaleByRms', given)
    return ourElementwise({
      name: 'scaleByRms',
      hyper,
      options,
      slots: { nu: start },
      scalars,
      step: ({ u, nu }, { decay, eps, c }) => {
        const squares = ema(decay, nu, square(u))
        return { u: divided(u, corrected(squares, c), eps), nu: squares }
      },
    })
  },
)

/**
 * Divides by the standard deviation of updates: `scaleByRms` with the square of their mean taken off.
 *
 * `mu = decay mu + (1-decay) u;  nu = decay nu + (1-decay) u^2;  u = u / sqrt(max(nu - mu^2, 0) + eps)`, with
 * `epsInSqrt` and `biasCorrection` (of both means) as in `scaleByRms`.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Graves 2013, equations 38 to 41; optax `scale_by_stddev`, where rounding can bring `nu - mu^2` below zero and
 * a small `eps` then gives NaN: here a variance is at least 0.
 * @example
 * import { chain, scaleByLearningRate, scaleByStddev } from 'tfjs-optax'
 * const tx = chain(scaleByStddev(), scaleByLearningRate(0.01))
 */
export const scaleByStddev = /* @__PURE__ */ checked(
  { who: 'scaleByStddev', takes: [], options: rmsOptions },
  (given: RmsOptions = {}) => {
    const { hyper, options, start, scalars, corrected, divided } = partsOf('scaleByStddev', given)
    return ourElementwise({
      name: 'scaleByStddev',
      hyper,
      options,
      slots: { mu: 0, nu: start },
      scalars,
      step: ({ u, mu, nu }, { decay, eps, c }) => {
        const mean = ema(decay, mu, u)
        const squares = ema(decay, nu, square(u))
        const variance = max(sub(corrected(squares, c), square(corrected(mean, c))), 0)
        return { u: divided(u, variance, eps), mu: mean, nu: squares }
      },
    })
  },
)
