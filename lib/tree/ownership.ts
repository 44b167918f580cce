/**
 * Who owns a tensor. Pure results belong to the enclosing `tidy` or the caller, and every leaf is a handle of its own.
 * A donated tensor is consumed: its successor takes its place, kept or in its outer scope, not in the running tidy.
 * A successor is a new handle on the old buffer or on a fresh one.
 */
import * as tf from '@tensorflow/tfjs-core'
import { assignedOnTape, assignedTwice, donatedGradient, donatedTwice, noBackend } from '../errors.js'
import { build, flatten, joinPath } from './structure.js'
import { seal } from './freeze.js'
import { tensorLeaves, tensorPaths } from './map.js'
import { isTensor, isVariable } from './tensors.js'

/** Throws a clear error if tfjs has no backend. */
export const requireBackend = (who: string): void => {
  try {
    tf.backend()
  } catch (cause) {
    throw noBackend(who, cause)
  }
}

/** Throws if a backend is lost, or the values of a tensor in these trees. */
export type LossWatcher = (who: string, trees: Readonly<Record<string, unknown>>) => void

let requireAlive: LossWatcher = () => undefined

/** Effect: calls look for lost devices and values from now on. */
export const useLosses = (watcher: LossWatcher): void => {
  requireAlive = watcher
}

/** Throws if tfjs has no backend, if it can no longer compute, or if a tensor in these trees has lost its values. */
export const requireDevice = (who: string, trees: Readonly<Record<string, unknown>>): void => {
  requireBackend(who)
  requireAlive(who, trees)
}

/** Another handle on the same buffer: `reshape` shares on every backend, `clone` copies on wasm. */
export const share = (tensor: tf.Tensor): tf.Tensor =>
  tf.engine().runKernel<tf.Tensor>(tf.Reshape, { x: tensor }, { shape: tensor.shape })

/**
 * The tree with no tensor twice, and none of `given`: a tensor that was passed through gets a handle of its own, so
 * that old and new trees can be disposed in either order. A Variable in a user's state stays.
 */
export const ownHandles = (tree: unknown, given: Set<tf.Tensor>): unknown => {
  const { structure, leaves } = flatten(tree)
  const own = leaves.map(leaf => {
    if (!isTensor(leaf)) return leaf
    if (given.has(leaf)) return share(leaf)
    if (!isVariable(leaf)) given.add(leaf)
    return leaf
  })
  return own.every((leaf, i) => leaf === leaves[i]) ? tree : build(structure, own, seal)
}

/** All tensors of some trees. */
export const tensorSet = (...trees: readonly unknown[]): Set<tf.Tensor> =>
  new Set(trees.flatMap(tree => tensorLeaves(tree)))

/** The Variables among parameters, with their paths. */
export const variablesOf = (who: string, params: unknown): readonly (readonly [string, tf.Tensor])[] =>
  tensorLeaves({ params }, who).some(isVariable)
    ? tensorPaths(params).flatMap(([path, tensor]) =>
        isVariable(tensor) ? [[joinPath('params', path), tensor] as const] : [],
      )
    : []

/** The first two paths that have the same tensor; null if there are none. */
export const twice = (leaves: readonly (readonly [string, tf.Tensor])[]): readonly [string, string] | null => {
  const paths = new Map<tf.Tensor, string>()
  for (const [path, tensor] of leaves) {
    const first = paths.get(tensor)
    if (first !== undefined) return [first, path]
    paths.set(tensor, path)
  }
  return null
}

/** Throws if Variables cannot be assigned: one is there twice, or the step runs inside a gradient function. */
export const checkAssignment = (who: string, params: unknown): void => {
  const variables = variablesOf(who, params)
  const [first] = variables
  if (first !== undefined && tf.engine().isTapeOn()) throw assignedOnTape(who, first[0])
  const same = twice(variables)
  if (same !== null) throw assignedTwice(who, ...same)
}

/** Throws if a tensor would be consumed twice, or is a gradient as well. Variables are not consumed. */
export const checkDonation = (who: string, params: unknown, state: unknown, updates: unknown): void => {
  const donated = tensorLeaves({ params, state }, who).filter(tensor => !isVariable(tensor))
  const unique = new Set(donated)
  if (unique.size < donated.length || tensorLeaves({ updates }, who).some(tensor => unique.has(tensor)))
    refuseDonation(who, params, state, updates)
}

/** Throws the error with both paths, which `checkDonation` does not collect. */
const refuseDonation = (who: string, params: unknown, state: unknown, updates: unknown): void => {
  const consumed = [
    ...tensorPaths(params).map(([path, tensor]) => [joinPath('params', path), tensor] as const),
    ...tensorPaths(state).map(([path, tensor]) => [joinPath('state', path), tensor] as const),
  ].filter(([, tensor]) => !isVariable(tensor))
  const same = twice(consumed)
  if (same !== null) throw donatedTwice(who, ...same)
  const paths = new Map(consumed.map(([path, tensor]) => [tensor, path]))
  tensorPaths(updates).forEach(([path, tensor]) => {
    const donated = paths.get(tensor)
    if (donated !== undefined) throw donatedGradient(who, donated, joinPath('gradients', path))
  })
}

/**
 * Runs `make` as if the scope that owns `original` were the active one, so that new tensors live as long as it does.
 * `make` must call kernels only: a tfjs op opens and closes a scope of its own, which would end the exchange.
 */
const inScopeOf = <T>(original: tf.Tensor, make: () => T): T => {
  const { state } = tf.engine()
  const running = state.activeScope
  const owner = state.scopeStack.find(scope => scope.id === original.scopeId)
  // Without an owner the tensor belongs to the caller: a scope that never ends. A tape requires it to have a name.
  state.activeScope = owner ?? { id: original.scopeId, name: 'caller', track: [] }
  try {
    return make()
  } finally {
    state.activeScope = running
  }
}

/** A new handle on `value`, kept or scoped as `original` was; `original` is disposed. */
export const succeed = (original: tf.Tensor, value: tf.Tensor): tf.Tensor => {
  const successor = inScopeOf(original, () => share(value))
  successor.kept = original.kept
  original.dispose()
  return successor
}

/** Fields of a Tensor and of the engine that only tfjs's types hide. */
interface Handle {
  isDisposedInternal: boolean
  scopeId: number
  kept: boolean
}
interface Engine {
  readonly nextTensorId: () => number
  readonly state: ReturnType<typeof tf.engine>['state']
}

/**
 * A new handle on the same buffer, kept or scoped as the original was. The original counts as disposed. The reference
 * count and the number of tensors stay, since there is one handle before and after.
 */
export const transfer = (original: tf.Tensor): tf.Tensor => {
  const old = original as unknown as tf.Tensor & Handle
  const engine = tf.engine() as unknown as Engine
  const successor = new tf.Tensor(
    original.shape,
    original.dtype,
    original.dataId,
    engine.nextTensorId(),
  ) as unknown as typeof old
  successor.kept = old.kept
  successor.scopeId = old.scopeId
  if (!old.kept) engine.state.scopeStack.find(({ id }) => id === old.scopeId)?.track.push(successor)
  old.isDisposedInternal = true
  return successor
}
