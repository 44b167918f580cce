/** Masks choose leaves: by a boolean, a tree or a prefix of one, or a function of path and leaf. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { badMask } from '../errors.js'
import { namesOf } from './firstName.js'
import { spreadPrefix } from './prefix.js'
import { pathsOf, type Structure } from './structure.js'

/**
 * Chooses a leaf by its path, such as `dense.kernel`, and the parameter (the update, in a step without parameters). A
 * Variable has the name that the user gave: `head/kernel`, even if tfjs calls it `head/kernel_1`.
 */
export type MaskFunction = (path: string, leaf: Tensor) => boolean

/** A tree of booleans like the parameters, or one that ends above them: a boolean holds for all leaves below it. */
export type MaskTree = boolean | readonly MaskTree[] | { readonly [key: string]: MaskTree }

/**
 * Which leaves take part. A tree must have the parameters' structure; a boolean higher up covers all leaves below it.
 */
export type Mask = MaskTree | MaskFunction

/** Looks at what a mask has chosen among leaves of these names. */
export type ChoiceWatcher = (who: string, mask: MaskFunction, names: readonly string[], choosesSome: boolean) => void

let watchChoice: ChoiceWatcher = () => undefined

/** Effect: what masks choose is looked at from now on. */
export const useChoices = (watcher: ChoiceWatcher): void => {
  watchChoice = watcher
}

/** The mask as one boolean per leaf. An absent leaf takes no part. */
export const resolveMask = (who: string, mask: Mask, structure: Structure, leaves: readonly unknown[]): boolean[] => {
  const chosen = typeof mask === 'function' ? byFunction(mask, structure, leaves) : byTree(who, mask, structure, leaves)
  const checked = chosen.map((value, i) => {
    if (typeof value !== 'boolean') throw badMask(who, pathsOf(structure)[i] ?? '', value)
    return value
  })
  if (typeof mask === 'function') {
    const names = namesOf(structure, leaves).filter((_, i) => leaves[i] !== null)
    watchChoice(who, mask, names, checked.includes(true))
  }
  return checked
}

const byFunction = (mask: MaskFunction, structure: Structure, leaves: readonly unknown[]): readonly unknown[] => {
  const names = namesOf(structure, leaves)
  return leaves.map((leaf, i) => leaf !== null && mask(names[i] ?? '', leaf as Tensor))
}

const byTree = (who: string, mask: MaskTree, structure: Structure, leaves: readonly unknown[]): readonly unknown[] =>
  spreadPrefix(structure, leaves, mask, { who, what: 'mask', than: 'params' })
