/** Trees of tensors as plain data that no device holds, and back, bit for bit. A history is made of these. */
import * as tf from '@tensorflow/tfjs-core'
import { disposeTree, mapTree, tensorsOf, type MapLeaves } from '../../../lib/index.js'

/** The numbers of one tensor. Nobody changes them. */
export class Kept {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: tf.DataType,
    readonly values: ArrayLike<number>,
  ) {}
}

/** A tree with `Kept` in place of tensors. */
export type KeptTree =
  Kept | number | string | boolean | null | readonly KeptTree[] | { readonly [key: string]: KeptTree }

/** WebGPU cannot wait for values, and WebGL should not. */
const readsAtOnce = (): boolean => !tf.getBackend().startsWith('webg')

/** The tree as plain data; its tensors are disposed. */
export const keep = async (tree: unknown): Promise<KeptTree> => {
  try {
    const read = new Map<tf.Tensor, ArrayLike<number>>()
    for (const [, tensor] of tensorsOf(tree))
      // on cpu, `dataSync` gives the live array
      read.set(tensor, readsAtOnce() ? (tensor.dataSync() as Float32Array).slice() : await tensor.data())
    const kept: MapLeaves<unknown, Kept> = mapTree(tree, leaf => new Kept(leaf.shape, leaf.dtype, read.get(leaf) ?? []))
    return kept as KeptTree
  } finally {
    disposeTree(tree)
  }
}

/** The tree with tensors again, which belong to the caller. */
export const restored = (tree: KeptTree): unknown => {
  if (tree instanceof Kept) return tf.tensor(Float32Array.from(tree.values), [...tree.shape], tree.dtype)
  if (Array.isArray(tree)) return tree.map((one: KeptTree) => restored(one))
  if (typeof tree === 'object' && tree !== null)
    return Object.fromEntries(Object.entries(tree).map(([key, one]) => [key, restored(one)]))
  return tree
}

/** Every `Kept` with its path. */
export const keptByPath = (tree: KeptTree, at = ''): readonly (readonly [string, Kept])[] => {
  if (tree instanceof Kept) return [[at, tree]]
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, one]) => keptByPath(one, at === '' ? key : `${at}.${key}`))
}

/** The euclidean norm of all numbers of a tree. */
export const normOf = (tree: KeptTree): number =>
  Math.sqrt(keptByPath(tree).reduce((sum, [, { values }]) => sum + squares(values), 0))

const squares = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x * x, 0)
