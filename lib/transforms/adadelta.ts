import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { ema, square } from '../rule/compose.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByAdadelta`. */
export interface AdadeltaOptions {
  /** weight of the past in both means, in [0, 1), default 0.9 */
  readonly rho?: Hyper
  /** added to both means of squares, above 0, default 1e-6 */
  readonly eps?: Hyper
}

export const adadeltaOptions: Names<AdadeltaOptions> = { rho: 'decay', eps: 'epsilon' }

/**
 * Scales updates so that they have the unit of the parameter: by the ratio of the past steps' size to the updates' size.
 *
 * `eG = rho eG + (1-rho) u^2;  u = u sqrt((eX + eps) / (eG + eps));  eX = rho eX + (1-rho) u^2`, with the new `u`.
 *
 * State: `count`; `eG` and `eX`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Zeiler 2012, algorithm 1; optax `scale_by_adadelta`. torch and Keras have the same formula and other defaults.
 * @example
 * import { chain, scaleByAdadelta, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdadelta({ rho: 0.95 }), scaleByLearningRate(1))
 */
export const scaleByAdadelta = /* @__PURE__ */ checked(
  { who: 'scaleByAdadelta', takes: [], options: adadeltaOptions },
  ({ rho = 0.9, eps = 1e-6 }: AdadeltaOptions = {}) =>
    ourElementwise({
      name: 'scaleByAdadelta',
      hyper: { rho: decayRate(rho), eps: positive(eps) },
      slots: { eG: 0, eX: 0 },
      step: ({ u, eG, eX }, { rho, eps }) => {
        const squares = ema(rho, eG, square(u))
        const way = mul(u, sqrt(div(add(eX, eps), add(squares, eps))))
        return { u: way, eG: squares, eX: ema(rho, eX, square(way)) }
      },
    }),
)
