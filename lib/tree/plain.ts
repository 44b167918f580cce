/** Trees that must be plain data, since whatever else they hold could be neither followed nor freed. */
import { opaqueNode } from '../errors/trees.js'
import { flatten, pathAt, type Flat } from './structure.js'
import { isTensor } from './tensors.js'

/** A tree taken apart; throws in the name of `who` where a leaf may have tensors inside that would not be found. */
export const plainTree = (who: string, tree: unknown): Flat => {
  const flat = flatten(tree, who)
  flat.leaves.forEach((leaf, i) => {
    if (hidesTensors(leaf)) throw opaqueNode(who, pathAt(flat.structure, i), leaf)
  })
  return flat
}

/** Whether something that is no node has things in it: a Map, a Set, an instance of a class with fields. */
const hidesTensors = (leaf: unknown): boolean => {
  if (typeof leaf !== 'object' || leaf === null || isTensor(leaf) || ArrayBuffer.isView(leaf)) return false
  return leaf instanceof Map || leaf instanceof Set ? leaf.size > 0 : Object.keys(leaf).length > 0
}
