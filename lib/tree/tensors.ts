/** What counts as a tensor, and checks of one tree of tensors against another; each failure names the path. */
import { Tensor, Variable } from '@tensorflow/tfjs-core'
import { disposedLeaf, dtypeMismatch, notATensor, notPlain, shapeMismatch } from '../errors.js'
import { alignTo, flatten, pathAt, type TreeNames, type Structure } from './structure.js'

/** tfjs defines `instanceof` for tensors by their fields, so this works across two copies of tfjs-core. */
export const isTensor = (x: unknown): x is Tensor => x instanceof Tensor
export const isVariable = (x: unknown): x is Variable => x instanceof Variable

export const showShape = (shape: readonly number[]): string => `[${shape.join(',')}]`
const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i])

export type Leaf = Tensor | null

/** The leaves as tensors or null, none of them disposed. `undefined` counts as null: some of tfjs's gradients are. */
export const asLeaves = (who: string, what: string, structure: Structure, leaves: readonly unknown[]): Leaf[] =>
  leaves.map((leaf, i) => {
    if (leaf === null || leaf === undefined) return null
    if (!isTensor(leaf)) throw notATensor(who, pathAt(structure, i), what, leaf)
    if (leaf.isDisposed) throw disposedLeaf(who, pathAt(structure, i), what)
    return leaf
  })

/** The leaves of `tree` in the order of `structure`, checked as tensors. */
export const alignTensors = (structure: Structure, tree: unknown, names: TreeNames): Leaf[] =>
  asLeaves(names.who, names.what, structure, alignTo(structure, tree, names))

/** Throws unless leaves that are present in both lists have the same shapes. */
export const checkShapes = (
  names: TreeNames,
  structure: Structure,
  got: readonly Leaf[],
  than: readonly Leaf[],
): void =>
  got.forEach((leaf, i) => {
    const other = than[i]
    if (leaf === null || !other || sameShape(leaf.shape, other.shape)) return
    const path = pathAt(structure, i)
    throw shapeMismatch(names.who, path, names.what, showShape(leaf.shape), names.than, showShape(other.shape))
  })

/** Throws unless every leaf is float32: tfjs has no other floating dtype, and its gradients are always float32. */
export const checkFloat32 = (who: string, what: string, structure: Structure, leaves: readonly Leaf[]): void =>
  leaves.forEach((leaf, i) => {
    if (leaf !== null && leaf.dtype !== 'float32')
      throw dtypeMismatch(who, pathAt(structure, i), what, leaf.dtype, 'float32')
  })

/** Throws unless a state is plain data: tensors inside anything else could be neither found nor freed. */
export const checkPlain = (who: string, state: unknown): void => {
  const { structure, leaves } = flatten(state, who, 'state')
  leaves.forEach((leaf, i) => {
    const odd = typeof leaf === 'object' && leaf !== null && !isTensor(leaf) && !ArrayBuffer.isView(leaf)
    if (odd) throw notPlain(who, pathAt(structure, i), leaf)
  })
}
