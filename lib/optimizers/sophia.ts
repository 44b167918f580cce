import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scaleBySophia, sophiaOptions, type SophiaOptions } from '../transforms/sophia.js'
import type { Mask } from '../tree/mask.js'

/** Those of `scaleBySophia`, and of the decay. */
export interface SophiaRecipeOptions extends SophiaOptions {
  /** decay, multiplied by the parameter and the learning rate, default 1e-4 */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly weightDecayMask?: Mask
}

const options: Names<SophiaRecipeOptions> = { ...sophiaOptions, weightDecay: 'wd', weightDecayMask: 'mask decaymask' }

/**
 * Sophia: `scaleBySophia`, `addDecayedWeights` (1e-4 by default), `scaleByLearningRate`. Pass it the diagonal of the
 * Hessian at some ten steps each.
 *
 * State: that of `scaleBySophia`, 8 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Liu et al. 2023, algorithm 3; optax `contrib.sophia`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { hutchinsonEstimatorDiagHessian, makeStep, sophia, tidy, valueAndGrad } from 'tfjs-optax'
 * const lossOf = (p: { w: tf.Tensor }): tf.Scalar => tf.sum(tf.mul([1, 100], tf.square(tf.sub(p.w, 1))))
 * const hessianOf = hutchinsonEstimatorDiagHessian(lossOf, 42)
 * const tx = sophia(0.05, { gamma: 1 })
 * const step = makeStep(tx)
 * const first = { w: tf.tensor1d([0, 0]) }
 * const last = tidy(() => {
 *   let [params, state] = [first, tx.init(first)]
 *   for (let i = 0; i < 100; i++) {
 *     const [, grads] = valueAndGrad(lossOf)(params)
 *     ;[params, state] = step(params, grads, state, i % 10 === 0 ? { hessian: hessianOf(params, i) } : {})
 *   }
 *   return params
 * })
 * Number(tf.max(tf.abs(tf.sub(last.w, 1))).dataSync()[0]) < 0.05 // true
 */
export const sophia = /* @__PURE__ */ checked(
  { who: 'sophia', takes: ['learningRate'], options },
  (learningRate: Hyper, { weightDecay = 1e-4, weightDecayMask = true, ...rest }: SophiaRecipeOptions = {}) =>
    chain(
      scaleBySophia(rest),
      addDecayedWeights(weightDecay, { mask: weightDecayMask }),
      scaleByLearningRate(learningRate),
    ),
)
