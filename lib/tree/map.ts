/** The public functions on trees of tensors: map and zip with paths, list, dispose, tidy, keep. */
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import { notATensor } from '../errors.js'
import { plainTree } from './plain.js'
import { alignTo, build, flatten, pathsOf } from './structure.js'
import { lossOfValues } from './loss.js'
import { isTensor, isVariable } from './tensors.js'

/**
 * The type of a tree with a tensor in place of every leaf: that of parameters and slots for a tree of gradients, whose
 * leaves may be null, or of Variables.
 */
export type TensorsLike<P> = P extends Tensor | null
  ? Tensor
  : P extends readonly unknown[] | { readonly [key: string]: unknown } | object
    ? { readonly [K in keyof P]: TensorsLike<P[K]> }
    : never

/** A tree like `P` with `R` in place of every tensor; all other leaves, such as null and counts, stay. */
export type MapLeaves<P, R> = P extends Tensor
  ? R
  : P extends ((...args: never) => unknown) | ArrayBufferView
    ? P
    : P extends object
      ? { readonly [K in keyof P]: MapLeaves<P[K], R> }
      : P

/**
 * A new tree with `f(leaf, path)` in place of every tensor; all other leaves, such as null and counts, stay. Further
 * trees are zipped by key: `f` gets their leaves after the path.
 *
 * @throws ValueError or TypeError naming the path if the tree contains itself, a Map or an instance of a class.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mapTree } from 'tfjs-optax'
 * const norms = mapTree({ w: tf.tensor1d([3, 4]) }, (leaf, path) => `${path} ${tf.norm(leaf).dataSync()[0]}`)
 * // norms.w is 'w 5'
 */
export const mapTree = <P, R, Q extends readonly unknown[] = []>(
  tree: P,
  f: (leaf: Tensor, path: string, ...others: { [K in keyof Q]: Tensor }) => R,
  ...others: Q
): MapLeaves<P, R> => {
  const { structure, leaves } = plainTree('mapTree', tree)
  const paths = pathsOf(structure)
  const rest = others.map((other, i) =>
    alignTo(structure, other, { who: 'mapTree', what: `tree ${i + 2}`, than: 'tree 1' }),
  )
  const beside = (i: number) =>
    rest.map((leaves, k) => {
      const leaf = leaves[i]
      if (!isTensor(leaf)) throw notATensor('mapTree', paths[i] ?? '', `tree ${k + 2}`, leaf)
      return leaf
    }) as { [K in keyof Q]: Tensor }
  const mapped = leaves.map((leaf, i) => (isTensor(leaf) ? f(leaf, paths[i] ?? '', ...beside(i)) : leaf))
  return build(structure, mapped) as MapLeaves<P, R>
}

/**
 * All tensors of a tree (parameters, gradients, a whole state) with their paths, in tree order.
 *
 * @throws ValueError or TypeError naming the path if the tree contains itself, a Map or an instance of a class.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { scaleByAdam, tensorsOf } from 'tfjs-optax'
 * const paths = tensorsOf(scaleByAdam().init({ w: tf.zeros([2]) })).map(([path]) => path)
 * // paths is ['mu.w', 'nu.w']
 */
export const tensorsOf = /* @__PURE__ */ checked(
  { who: 'tensorsOf', takes: ['tree'] },
  (tree: unknown): readonly (readonly [path: string, tensor: Tensor])[] => {
    plainTree('tensorsOf', tree)
    return tensorPaths(tree)
  },
)

/** `tensorsOf` for a tree whose leaves may be anything. */
export const tensorPaths: typeof tensorsOf = tree => {
  const { structure, leaves } = flatten(tree)
  const paths = pathsOf(structure)
  return leaves.flatMap((leaf, i) => (isTensor(leaf) ? [[paths[i] ?? '', leaf] as const] : []))
}

/** The tensors without paths, which cost far more than the walk; `who` is named if the tree cannot be flattened. */
export const tensorLeaves = (tree: unknown, who?: string): readonly Tensor[] =>
  flatten(tree, who).leaves.filter(isTensor)

const tensorsIn = (who: string, tree: unknown): readonly Tensor[] => plainTree(who, tree).leaves.filter(isTensor)

/**
 * Disposes every tensor of a tree or state that is not disposed yet. Variables too: they leave the registry.
 *
 * @throws ValueError or TypeError naming the path if the tree contains itself, a Map or an instance of a class.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adam, disposeTree } from 'tfjs-optax'
 * const params = { w: tf.zeros([2]) }
 * disposeTree([params, adam(0.1).init(params)])
 * // params.w.isDisposed is true
 */
export const disposeTree = /* @__PURE__ */ checked({ who: 'disposeTree', takes: ['tree'] }, (tree: unknown): void =>
  tensorsIn('disposeTree', tree).forEach(tensor => {
    // A Variable's own dispose does not check, and would release a shared buffer twice.
    if (!tensor.isDisposed) free(tensor)
  }),
)

const free = (tensor: Tensor): void => {
  try {
    tensor.dispose()
  } catch (cause) {
    if (lossOfValues(tensor) === null) throw cause
    // The backend is gone, and the memory with it; a Variable must leave the registry all the same.
    if (isVariable(tensor)) Reflect.deleteProperty(tf.engine().state.registeredVariables, tensor.name)
  }
}

/**
 * `tf.tidy` for trees and states, whose readonly arrays tfjs's own type refuses: disposes every tensor that `run` made
 * and did not return.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { sgd, tidy } from 'tfjs-optax'
 * const tx = sgd(0.1)
 * const [params, state] = tidy(() => {
 *   const params = { w: tf.square(tf.scalar(3)) }
 *   return [params, tx.init(params)] as const
 * })
 * // params.w is 9
 */
export const tidy = /* @__PURE__ */ checked(
  { who: 'tidy', takes: ['run'] },
  <T>(run: () => T): T => tf.tidy(run as () => tf.TensorContainer) as T,
)

/**
 * Keeps every tensor of a tree or state alive beyond the running `tf.tidy`, as `tf.keep` does for one.
 *
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { keepTree } from 'tfjs-optax'
 * const params = keepTree({ w: tf.zeros([2]) })
 * // params.w.kept is true
 */
export const keepTree = /* @__PURE__ */ checked({ who: 'keepTree', takes: ['tree'] }, <T>(tree: T): T => {
  tensorsIn('keepTree', tree).forEach(tensor => (tensor.kept = true))
  return tree
})
