/** The complement of a mask. */
import type { Mask, MaskTree } from '../tree/mask.js'
import { matching, patternsOf } from './matching.js'

/** A mask of all leaves that `mask` does not choose. */
export const complement = (mask: Mask): Mask => {
  if (typeof mask !== 'function') return otherLeaves(mask)
  const patterns = patternsOf(mask)
  return patterns === null ? (path, leaf) => !mask(path, leaf) : matching({ ...patterns, negate: !patterns.negate })
}

const isArray = (x: MaskTree): x is readonly MaskTree[] => Array.isArray(x)
const otherLeaves = (mask: MaskTree): MaskTree => {
  if (typeof mask === 'boolean') return !mask
  if (isArray(mask)) return mask.map(otherLeaves)
  return Object.fromEntries(Object.entries(mask).map(([key, below]) => [key, otherLeaves(below)]))
}
