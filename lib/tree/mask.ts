/** Masks choose leaves: by a boolean, a tree or a prefix of one, or a function of path and leaf. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { badMask } from '../errors.js'
import { firstName, namesOf } from './firstName.js'
import { spreadPrefix } from './prefix.js'
import { isRecord, pathsOf, type Structure } from './structure.js'
import { warnUnchosen } from './unchosen.js'

/**
 * Chooses a leaf by its path, such as `dense.kernel`, and the parameter (the update, in a step without parameters). A
 * Variable has the name that the user gave: `head/kernel`, even if tfjs calls it `head/kernel_1`.
 */
export type MaskFunction = (path: string, leaf: Tensor) => boolean

export type MaskTree = boolean | readonly MaskTree[] | { readonly [key: string]: MaskTree }

/**
 * Which leaves take part. A tree must have the parameters' structure; a boolean higher up covers all leaves below it.
 */
export type Mask = MaskTree | MaskFunction

/** The mask as one boolean per leaf. An absent leaf takes no part. */
export const resolveMask = (who: string, mask: Mask, structure: Structure, leaves: readonly unknown[]): boolean[] => {
  const chosen = typeof mask === 'function' ? byFunction(mask, structure, leaves) : byTree(who, mask, structure, leaves)
  const checked = chosen.map((value, i) => {
    if (typeof value !== 'boolean') throw badMask(who, pathsOf(structure)[i] ?? '', value)
    return value
  })
  if (typeof mask === 'function') {
    const names = namesOf(structure, leaves).filter((_, i) => leaves[i] !== null)
    warnUnchosen(who, mask, names, checked.includes(true))
  }
  return checked
}

const byFunction = (mask: MaskFunction, structure: Structure, leaves: readonly unknown[]): readonly unknown[] => {
  const names = namesOf(structure, leaves)
  return leaves.map((leaf, i) => leaf !== null && mask(names[i] ?? '', leaf as Tensor))
}

const byTree = (who: string, mask: MaskTree, structure: Structure, leaves: readonly unknown[]): readonly unknown[] =>
  spreadPrefix(structure, underKeys(mask, structure, leaves), { who, what: 'mask', than: 'params' })

/** A mask tree with first names replaced by the parameters' keys; one first name may stand for several leaves. */
const underKeys = (mask: MaskTree, structure: Structure, leaves: readonly unknown[]): unknown => {
  let next = 0
  const rename = (tree: unknown, s: Structure): unknown => {
    if (s.kind === 'list' && Array.isArray(tree) && tree.length === s.items.length)
      return s.items.map((item, i) => rename(tree[i], item))
    if (s.kind !== 'record' || !isRecord(tree)) {
      next += s.size
      return tree
    }
    const used = new Set<string>()
    const renamed = s.keys.flatMap((key, i): readonly (readonly [string, unknown])[] => {
      const item = s.items[i] ?? s
      const known = [key, ...(item.kind === 'leaf' ? [firstName(key, leaves[next])] : [])]
      const found = known.find(one => Object.hasOwn(tree, one))
      const below = rename(found === undefined ? undefined : tree[found], item)
      if (found === undefined) return []
      used.add(found)
      return [[key, below]]
    })
    return Object.fromEntries([...renamed, ...Object.entries(tree).filter(([key]) => !used.has(key))])
  }
  return rename(mask, structure)
}
