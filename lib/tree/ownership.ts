/**
 * Who owns a tensor. Pure results belong to the enclosing `tidy` or the caller, and every leaf is a handle of its own.
 * A donated tensor is consumed: its successor takes its place, kept or in its outer scope, not in the running tidy.
 */
import * as tf from '@tensorflow/tfjs-core'
import { donatedGradient, donatedTwice, noBackend } from '../errors.js'
import { build, flatten, joinPath } from './structure.js'
import { seal } from './freeze.js'
import { tensorsOf } from './map.js'
import { isTensor, isVariable } from './tensors.js'

/** Throws our own words where tfjs has no backend to compute with. */
export const requireBackend = (who: string): void => {
  try {
    tf.backend()
  } catch (cause) {
    throw noBackend(who, cause)
  }
}

/** Another handle on the same buffer: `reshape` shares on every backend, `clone` copies on wasm. */
export const share = (tensor: tf.Tensor): tf.Tensor =>
  tf.engine().runKernel<tf.Tensor>(tf.Reshape, { x: tensor }, { shape: tensor.shape })

/**
 * The tree with no tensor in it twice, and none of `given`: what was passed through becomes a handle of its own, so
 * that old and new trees can be disposed in either order.
 */
export const ownHandles = (tree: unknown, given: Set<tf.Tensor>): unknown => {
  const { structure, leaves } = flatten(tree)
  const own = leaves.map(leaf => {
    if (!isTensor(leaf)) return leaf
    if (given.has(leaf)) return share(leaf)
    given.add(leaf)
    return leaf
  })
  return own.every((leaf, i) => leaf === leaves[i]) ? tree : build(structure, own, seal)
}

/** All tensors of some trees, to tell them from new ones. */
export const tensorSet = (...trees: readonly unknown[]): Set<tf.Tensor> =>
  new Set(trees.flatMap(tree => tensorsOf(tree).map(([, tensor]) => tensor)))

/** The tensors that a donation consumes, with their paths: all but Variables, which are assigned. */
export const donatedLeaves = (params: unknown, state: unknown): readonly (readonly [string, tf.Tensor])[] =>
  [
    ...tensorsOf(params).map(([path, tensor]) => [joinPath('params', path), tensor] as const),
    ...tensorsOf(state).map(([path, tensor]) => [joinPath('state', path), tensor] as const),
  ].filter(([, tensor]) => !isVariable(tensor))

/** Throws where one tensor would be consumed twice, or consumed while it is a gradient as well. */
export const checkDonation = (who: string, params: unknown, state: unknown, updates: unknown): void => {
  const paths = new Map<tf.Tensor, string>()
  const variables = tensorsOf(params).flatMap(([path, tensor]) => (isVariable(tensor) ? [[path, tensor] as const] : []))
  const consumed = [
    ...donatedLeaves(params, state),
    ...variables.map(([path, v]) => [joinPath('params', path), v] as const),
  ]
  consumed.forEach(([path, tensor]) => {
    const first = paths.get(tensor)
    if (first !== undefined) throw donatedTwice(who, first, path)
    paths.set(tensor, path)
  })
  tensorsOf(updates).forEach(([path, tensor]) => {
    const donated = paths.get(tensor)
    if (donated !== undefined && !isVariable(tensor)) throw donatedGradient(who, donated, joinPath('gradients', path))
  })
}

/**
 * Runs `make` as if tfjs were in the scope that owns `original`: new tensors die with it, or with nobody. `make` must
 * call kernels only; a tfjs op opens and closes a scope of its own, and with it ends the exchange.
 */
const inScopeOf = <T>(original: tf.Tensor, make: () => T): T => {
  const { state } = tf.engine()
  const running = state.activeScope
  const owner = state.scopeStack.find(scope => scope.id === original.scopeId)
  // Without an owner the tensor belongs to the caller and no scope tracks it; tfjs means that by an undefined scope.
  Object.assign(state, { activeScope: owner })
  try {
    return make()
  } finally {
    state.activeScope = running
  }
}

/** `value` in the place of `original`, which is consumed: a new handle, kept or scoped as the original was. */
export const succeed = (original: tf.Tensor, value: tf.Tensor): tf.Tensor => {
  const successor = inScopeOf(original, () => share(value))
  successor.kept = original.kept
  original.dispose()
  return successor
}
