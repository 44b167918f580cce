/** States are frozen plain data. Tensors inside are not frozen, since a frozen Tensor could not be disposed. */
import { isRecord } from './structure.js'

/** Freezes one container. */
export const seal = <T>(x: T): T => Object.freeze(x)

/** The same data in frozen containers; containers that are frozen already are shared, the others are copied. */
export const frozenCopy = <T>(tree: T): T => {
  if (Object.isFrozen(tree)) return tree
  if (Array.isArray(tree)) return seal(tree.map(frozenCopy)) as T
  return isRecord(tree)
    ? (seal(Object.fromEntries(Object.entries(tree).map(([key, x]) => [key, frozenCopy(x)]))) as T)
    : tree
}
