import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { mul, sub } from '../rule/expr.js'
import { finite, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByOptimisticGradient` and `optimisticGradientDescent`. */
export interface OptimisticOptions {
  /** weight of the update, finite, default 1 */
  readonly alpha?: Hyper
  /** weight of what the update has that the one before had not, finite, default 1 */
  readonly beta?: Hyper
}

export const optimisticOptions: Names<OptimisticOptions> = { alpha: '', beta: 'optimism' }

/**
 * Extrapolates the update by what has changed since the last one: games of two players circle less.
 *
 * `u' = (alpha + beta) u - beta previous;  previous = u`; the first step has no previous update, and `u' = alpha u`.
 *
 * State: `count`; `previousGradient`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option that is not finite; TypeError for an unknown one.
 * @source Mokhtari, Ozdaglar and Pattathil 2020, equation 6; optax `scale_by_optimistic_gradient`.
 * @example
 * import { chain, scaleByLearningRate, scaleByOptimisticGradient } from 'tfjs-optax'
 * const tx = chain(scaleByOptimisticGradient({ beta: 0.5 }), scaleByLearningRate(0.1))
 */
export const scaleByOptimisticGradient = /* @__PURE__ */ checked(
  { who: 'scaleByOptimisticGradient', takes: [], options: optimisticOptions },
  ({ alpha = 1, beta = 1 }: OptimisticOptions = {}) =>
    ourElementwise({
      name: 'scaleByOptimisticGradient',
      hyper: { alpha: finite(alpha), beta: finite(beta) },
      slots: { previousGradient: 0 },
      scalars: (t, { alpha, beta }) => (t === 1 ? { now: alpha, before: 0 } : { now: alpha + beta, before: beta }),
      step: ({ u, previousGradient }, { now, before }) => ({
        u: sub(mul(now, u), mul(before, previousGradient)),
        previousGradient: u,
      }),
    }),
)
