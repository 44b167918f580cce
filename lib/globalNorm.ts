import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { ops } from './backends/ops.js'
import { checked } from './call/checked.js'
import { input, lt, mul, select, sqrt } from './rule/expr.js'
import { tensorLeaves, tensorsOf, tidy } from './tree/map.js'
import { requireDevice } from './tree/ownership.js'
import { flatten } from './tree/structure.js'
import { checkFloat32 } from './tree/tensors.js'

const who = 'globalNorm'
const x = input('x', 'element')
const total = input('total', 'total')
/** Of 0 the sum itself, since the slope of a root is infinite there. */
const root = select(lt(0, total), sqrt(total), total)

/**
 * The norm of all elements of a tree, such as gradients, as a scalar tensor; null leaves count for nothing.
 *
 * `sqrt(sum of x^2)`; of an empty tree 0. On cpu and wasm the sum is float64, elsewhere it stays on the device. Nothing
 * is read back. The result belongs to the running `tidy`, or to you.
 *
 * @throws TypeError for a leaf that is not float32; ValueError or TypeError naming the path if the tree contains itself,
 * a Map or an instance of a class.
 * @source optax `global_norm` and `tree.norm`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { globalNorm } from 'tfjs-optax'
 * const norm = globalNorm({ w: tf.tensor2d([[1, 2], [2, 0]]), b: tf.scalar(4) })
 * // norm is 5
 */
export const globalNorm = /* @__PURE__ */ checked({ who, takes: ['tree'] }, (tree: unknown): Scalar => {
  tensorsOf(tree) // throws for what is no tree
  requireDevice(who, { tree })
  const { structure } = flatten(tree)
  checkFloat32(who, 'tree', structure, ops.read(structure, tree, { who, what: 'tree', than: 'tree' }))
  return tidy(() => {
    const values = (leaf: Tensor) => ({ scalars: {}, values: { x: leaf }, like: leaf })
    const terms = tensorLeaves(tree).flatMap(leaf => ops.evaluate([mul(x, x)], values(leaf)))
    const sum = ops.reduce('sum', terms)
    const [norm = sum] = ops.evaluate([root], { scalars: {}, values: { total: sum }, like: sum })
    return norm as Scalar
  })
})
