import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { novogradOptions, scaleByNovograd, type NovogradOptions } from '../transforms/novograd.js'
import { scaleByLearningRate } from '../transforms/scale.js'

/** Those of `scaleByNovograd`; the default of `eps` is 1e-6. */
export type NovogradRecipeOptions = NovogradOptions

/**
 * NovoGrad: `scaleByNovograd`, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters if
 * there is decay.
 * @source Ginsburg et al. 2019; optax `novograd`.
 * @example
 * import { novograd } from 'tfjs-optax'
 * const tx = novograd(0.01, { weightDecay: 1e-3 })
 */
export const novograd = /* @__PURE__ */ checked(
  { who: 'novograd', takes: ['learningRate'], options: novogradOptions },
  (learningRate: Hyper, { eps = 1e-6, ...options }: NovogradRecipeOptions = {}) =>
    chain(scaleByNovograd({ eps, ...options }), scaleByLearningRate(learningRate)),
)
