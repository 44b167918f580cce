/** Masks choose leaves: a boolean, a tree, a prefix of one, or a function of path and leaf. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { badMask } from '../errors.js'
import { pathsOf, spreadPrefix, type Structure } from './structure.js'

/** What a mask function sees: the path such as `dense.kernel`, and the leaf of the parameters (of the updates, without). */
export type MaskFunction = (path: string, leaf: Tensor) => boolean

export type MaskTree = boolean | readonly MaskTree[] | { readonly [key: string]: MaskTree }

/** Which leaves take part. A tree must have the parameters' structure; it may stop early, and then holds for all below. */
export type Mask = MaskTree | MaskFunction

/** The mask as one boolean per leaf. A leaf that is absent takes no part. */
export const resolveMask = (who: string, mask: Mask, structure: Structure, leaves: readonly unknown[]): boolean[] => {
  const chosen =
    typeof mask === 'function'
      ? byFunction(mask, structure, leaves)
      : spreadPrefix(structure, mask, { who, what: 'mask', than: 'params' })
  return chosen.map((value, i) => {
    if (typeof value !== 'boolean') throw badMask(who, pathsOf(structure)[i] ?? '', value)
    return value
  })
}

const byFunction = (mask: MaskFunction, structure: Structure, leaves: readonly unknown[]): readonly unknown[] => {
  const paths = pathsOf(structure)
  return leaves.map((leaf, i) => leaf !== null && mask(paths[i] ?? '', leaf as Tensor))
}
