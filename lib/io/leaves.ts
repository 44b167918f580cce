/** The leaves of a tree under their names, and a tree like another from leaves found by name. */
import * as tf from '@tensorflow/tfjs-core'
import {
  disposedLeaf,
  dtypeMismatch,
  leafExtra,
  leafMissing,
  nameOf,
  nameTwice,
  notStorable,
  shapeMismatch,
  structureMismatch,
} from '../errors.js'
import { build, flatten, isRecord, pathsOf, type Flat } from '../tree/structure.js'
import { isTensor, showShape } from '../tree/tensors.js'
import { isHost, type Host } from './host.js'

/** A leaf's name is its path; a tree that is one leaf has this one. */
const rootName = 'value'

/** The names of all leaves, in tree order, none of them twice unless absent. */
const namesOf = (who: string, { structure, leaves }: Flat): readonly string[] => {
  const names = pathsOf(structure).map(path => (path === '' ? rootName : path))
  const taken = new Set<string>()
  names.forEach((name, i) => {
    if (isAbsent(leaves[i])) return
    if (taken.has(name)) throw nameTwice(who, name)
    taken.add(name)
  })
  return names
}

const isAbsent = (leaf: unknown): boolean => leaf === null || leaf === undefined

/** Takes a tree apart, in tree order; leaves that are null or undefined store nothing. */
export const storedLeaves = (
  who: string,
  tree: unknown,
): readonly (readonly [name: string, leaf: tf.Tensor | Host])[] => {
  const flat = flatten(tree)
  return namesOf(who, flat).flatMap((name, i) => {
    const leaf = flat.leaves[i]
    if (isAbsent(leaf)) return []
    if (!isTensor(leaf) && !isHost(leaf)) throw notStorable(who, name, leaf)
    if (isTensor(leaf) && leaf.isDisposed) throw disposedLeaf(who, name, 'the tree')
    return [[name, leaf] as const]
  })
}

/** A tensor that can be made. */
export interface Found {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly make: () => tf.Tensor
}

/** Where leaves are found by name. */
export interface Source {
  /** what it is called in messages */
  readonly what: string
  /** the names that must all be leaves of the tree */
  readonly names: readonly string[]
  readonly tensor: (name: string) => Found | undefined
  readonly host: (name: string) => Host | undefined
}

/** A tree like `like` with the leaves of `source`. Everything is checked before the first tensor is made. */
export const restore = <T>(who: string, like: T, source: Source): T => {
  const flat = flatten(like)
  const names = namesOf(who, flat)
  const found = names.map((name, i) => find(who, name, flat.leaves[i], source))
  const wanted = new Set(names.filter((_, i) => !isAbsent(flat.leaves[i])))
  const extra = source.names.filter(name => !wanted.has(name))
  if (extra.length > 0) throw leafExtra(who, extra, source.what)
  const made = tf.tidy(who, () => found.map(leaf => (typeof leaf === 'object' ? leaf.make() : leaf)))
  const leaves = made.map((leaf, i) => leaf ?? flat.leaves[i])
  const tree = build(flat.structure, leaves)
  freezeLike(tree, like)
  return tree as T
}

const find = (who: string, name: string, leaf: unknown, source: Source): Found | Host | undefined => {
  if (isAbsent(leaf)) return undefined
  if (isTensor(leaf)) {
    const found = source.tensor(name)
    if (found === undefined) throw leafMissing(who, name, 'a tensor', source.what)
    const [got, expected] = [showShape(found.shape), showShape(leaf.shape)]
    if (got !== expected) throw shapeMismatch(who, name, source.what, got, 'like', expected)
    if (found.dtype !== leaf.dtype) throw dtypeMismatch(who, name, source.what, found.dtype, leaf.dtype)
    return found
  }
  if (!isHost(leaf)) throw notStorable(who, name, leaf)
  const host = source.host(name)
  if (host === undefined) throw leafMissing(who, name, `a ${typeof leaf}`, source.what)
  if (typeof host !== typeof leaf)
    throw structureMismatch(who, name, source.what, nameOf(host), 'like', `a ${typeof leaf}`)
  return host
}

/** Freezes the containers whose counterparts are frozen: those of a state. */
const freezeLike = (made: unknown, like: unknown): void => {
  if (Array.isArray(made) && Array.isArray(like)) made.forEach((item, i) => freezeLike(item, like[i]))
  else if (isRecord(made) && isRecord(like)) Object.keys(made).forEach(key => freezeLike(made[key], like[key]))
  else return
  if (Object.isFrozen(like)) Object.freeze(made)
}
