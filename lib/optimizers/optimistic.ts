import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAdam, scaleByAdamOptions, type ScaleByAdamOptions } from '../transforms/adam.js'
import {
  optimisticOptions,
  scaleByOptimisticGradient,
  type OptimisticOptions,
} from '../transforms/optimisticGradient.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/**
 * Optimistic gradient descent: `scaleByOptimisticGradient`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Mokhtari, Ozdaglar and Pattathil 2020; optax `optimistic_gradient_descent`.
 * @example
 * import { optimisticGradientDescent } from 'tfjs-optax'
 * const tx = optimisticGradientDescent(0.1)
 */
export const optimisticGradientDescent = /* @__PURE__ */ checked(
  { who: 'optimisticGradientDescent', takes: ['learningRate'], options: optimisticOptions },
  (learningRate: Hyper, options: OptimisticOptions = {}) =>
    chain(scaleByOptimisticGradient(options), scaleByLearningRate(learningRate)),
)

/** Those of `scaleByAdam`, with `nesterov` true by default, and of `scaleByOptimisticGradient`. */
export interface OptimisticAdamOptions extends ScaleByAdamOptions, OptimisticOptions {}

const options: Names<OptimisticAdamOptions> = { ...scaleByAdamOptions, ...optimisticOptions }

/**
 * Optimistic Adam: `scaleByAdam` with `nesterov`, `scaleByOptimisticGradient`, `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Daskalakis et al. 2018, algorithm 1; optax `optimistic_adam_v2`. optax's deprecated `optimistic_adam` multiplies
 * `alpha` and `beta` by the rate: its `optimism` is `beta` times the rate.
 * @example
 * import { optimisticAdam } from 'tfjs-optax'
 * const tx = optimisticAdam(1e-3, { beta: 0.5 })
 */
export const optimisticAdam = /* @__PURE__ */ checked(
  { who: 'optimisticAdam', takes: ['learningRate'], options },
  (learningRate: Hyper, { alpha = 1, beta = 1, nesterov = true, ...rest }: OptimisticAdamOptions = {}) =>
    chain(
      scaleByAdam({ nesterov, ...rest }),
      scaleByOptimisticGradient({ alpha, beta }),
      scaleByLearningRate(learningRate),
    ),
)
