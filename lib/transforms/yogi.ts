import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, sign, square } from '../rule/compose.js'
import { div, mul, sub } from '../rule/expr.js'
import type { Hyper } from '../rule/hyper.js'
import { adamHyper, adamOptions, corrections, root, type AdamOptions } from './adamMoments.js'
import { startAtLeast0 } from './start.js'

/** Those of Adam, with `eps` 1e-3 by default. */
export interface YogiOptions extends AdamOptions {
  /** added to the root, above 0, default 1e-3 */
  readonly eps?: Hyper
  /** the first value of both means, at least 0, default 1e-6 */
  readonly initialAccumulatorValue?: number
}

export const yogiOptions: Names<YogiOptions> = { ...adamOptions, initialAccumulatorValue: 'initialvalue' }

/**
 * Adam whose mean of squares changes by a fixed share of the square, whatever the distance: the rate cannot jump up.
 *
 * `mu = b1 mu + (1-b1) u;  nu = nu - (1-b2) sign(nu - u^2) u^2;  u = mu/(1-b1^t) / (sqrt(nu/(1-b2^t) + epsRoot) + eps)`
 *
 * Both means start at `initialAccumulatorValue` and are corrected as if at zero, so a parameter without gradients moves
 * a little in the first steps; the number 0 avoids that.
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zaheer et al. 2018, algorithm 2; optax `scale_by_yogi`.
 * @example
 * import { chain, scaleByLearningRate, scaleByYogi } from 'tfjs-optax'
 * const tx = chain(scaleByYogi(), scaleByLearningRate(0.01))
 */
export const scaleByYogi = /* @__PURE__ */ checked(
  { who: 'scaleByYogi', takes: [], options: yogiOptions },
  ({ initialAccumulatorValue = 1e-6, eps = 1e-3, ...rest }: YogiOptions = {}) => {
    const start = startAtLeast0('scaleByYogi', 'initialAccumulatorValue', initialAccumulatorValue)
    return ourElementwise({
      name: 'scaleByYogi',
      hyper: adamHyper({ eps, ...rest }),
      options: { initialAccumulatorValue },
      slots: { mu: start, nu: start },
      scalars: (t, k) => ({ ...k, ...corrections(t, k) }),
      step: ({ u, mu: past, nu: squares }, k) => {
        const mu = ema(k.b1, past, u)
        const now = square(u)
        const nu = sub(squares, mul(mul(sub(1, k.b2), sign(sub(squares, now))), now))
        return { u: div(mul(mu, k.c1), root(mul(nu, k.c2), k)), mu, nu }
      },
    })
  },
)
