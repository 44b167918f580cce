/** States are frozen plain data; tensors inside stay as they are (a frozen Tensor could not be disposed). */
import { flatten } from './structure.js'

/** Freezes one container. */
export const seal = <T>(x: T): T => Object.freeze(x)

/** Freezes every container of plain data, down to the leaves. */
export const freezeDeep = <T>(tree: T): T => {
  if (typeof tree !== 'object' || tree === null || Object.isFrozen(tree)) return tree
  if (flatten(tree).structure.kind === 'leaf') return tree
  Object.values(tree).forEach(freezeDeep)
  return Object.freeze(tree)
}
