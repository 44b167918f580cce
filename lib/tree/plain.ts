/** Trees must be plain data: tensors inside anything else could be neither found nor freed. */
import { opaqueNode } from '../errors/trees.js'
import { flatten, pathAt, type Flat } from './structure.js'
import { isTensor } from './tensors.js'

/** Flattens a tree; throws in the name of `who` if a leaf may contain tensors that would not be found. */
export const plainTree = (who: string, tree: unknown): Flat => {
  const flat = flatten(tree, who)
  flat.leaves.forEach((leaf, i) => {
    if (hidesTensors(leaf)) throw opaqueNode(who, pathAt(flat.structure, i), leaf)
  })
  return flat
}

/** Whether a leaf has content: a Map, a Set, an instance of a class with fields. */
const hidesTensors = (leaf: unknown): boolean => {
  if (typeof leaf !== 'object' || leaf === null || isTensor(leaf) || ArrayBuffer.isView(leaf)) return false
  return leaf instanceof Map || leaf instanceof Set ? leaf.size > 0 : Object.keys(leaf).length > 0
}
