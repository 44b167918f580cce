/** Estimates of the diagonal of a Hessian. */
import * as tf from '@tensorflow/tfjs-core'
import { checked } from './call/checked.js'
import { wholeNumber } from './call/whole.js'
import { valueAndGrad } from './grad.js'
import { keyOf, signs } from './random/noise.js'
import { distinctNames } from './tree/firstName.js'
import { tidy } from './tree/map.js'
import { build, flatten } from './tree/structure.js'
import { alignTensors } from './tree/tensors.js'
import type { GradientsLike } from './transform.js'

const who = 'hutchinsonEstimatorDiagHessian'

/**
 * Makes a function that estimates the diagonal of the Hessian of a loss, a tree like the parameters: `h = z (H z)` with
 * signs `z` drawn at random. It is right on average, and exact if no two parameters act on each other in the loss.
 *
 * The function takes the parameters, the count of the step, and what else the loss takes. The signs depend on `seed`, a
 * whole number from 0 on, the count, and the name and place of a parameter, and on nothing else. A leaf that is not
 * float32 has null. It differentiates the gradient once more, so all ops of the loss must have gradients whose ops have
 * gradients: those of dense layers do.
 *
 * @throws TypeError for a seed or a count that is none, and as `valueAndGrad` does.
 * @source Hutchinson 1990, with the signs of Liu et al. 2023; optax `contrib.hutchinson_estimator_diag_hessian`, which
 * keeps a key in its state.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { hutchinsonEstimatorDiagHessian } from 'tfjs-optax'
 * const lossOf = (params: { w: tf.Tensor }, x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(x, tf.square(params.w)))
 * const hessian = hutchinsonEstimatorDiagHessian(lossOf, 42)({ w: tf.tensor1d([1, 2]) }, 0, tf.tensor1d([3, 5]))
 * // hessian.w is [6, 10]
 */
export const hutchinsonEstimatorDiagHessian = /* @__PURE__ */ checked(
  { who, takes: ['loss', 'seed'] },
  <P, A extends readonly unknown[]>(loss: (params: P, ...args: A) => tf.Tensor, seed: number) => {
    wholeNumber(who, 'seed', seed, 0)
    const gradient = valueAndGrad(loss)
    return (params: P, count: number, ...args: A): GradientsLike<P> => {
      wholeNumber(who, 'count', count, 0)
      const { structure } = flatten(params, who, 'params')
      const labels = { who, what: 'params', than: 'params' }
      const leavesOf = (tree: unknown) => alignTensors(structure, tree, labels)
      const leaves = leavesOf(params)
      const names = distinctNames(structure, leaves)
      return tidy(() => {
        const drawn = leaves.map((leaf, i) => {
          if (leaf?.dtype !== 'float32') return null
          return tf.tensor(signs(keyOf(seed, names[i] ?? ''), count, leaf.size), leaf.shape, 'float32')
        })
        const along = (tree: unknown): readonly (tf.Tensor | null)[] =>
          leavesOf(tree).map((leaf, i) => {
            const z = drawn[i] ?? null
            return leaf === null || z === null ? null : tf.mul(leaf, z)
          })
        const slope = (at: P): tf.Tensor => {
          const [, gradients] = gradient(at, ...args)
          return tf.addN(along(gradients).flatMap(leaf => (leaf === null ? [] : [tf.sum(leaf)])))
        }
        const [, product] = valueAndGrad(slope)(params)
        return build(structure, along(product)) as GradientsLike<P>
      })
    }
  },
)
