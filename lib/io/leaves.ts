/** The leaves of a tree under their names, and a tree like another from leaves found by name. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import {
  badArgument,
  disposedLeaf,
  dtypeMismatch,
  leafExtra,
  leafMissing,
  nameOf,
  notStorable,
  renamedAlike,
  shapeMismatch,
  structureMismatch,
} from '../errors.js'
import { build, isRecord } from '../tree/structure.js'
import { isTensor, showShape } from '../tree/tensors.js'
import { isHost, type Host } from './host.js'
import { isAbsent, labelOf, namedLeaves, type NamedLeaf, type Rename } from './rename.js'

/** A leaf to be stored; `label` has its path too, for messages. */
export interface StoredLeaf<L = tf.Tensor | Host> {
  readonly name: string
  readonly label: string
  readonly leaf: L
}

/** Takes a tree apart, in tree order; numbers that share a name are one leaf. */
export const storedLeaves = (who: string, tree: unknown, rename?: Rename): readonly StoredLeaf[] => {
  const taken = new Map<string, NamedLeaf>()
  return namedLeaves(who, tree, rename).named.flatMap(one => {
    const { path, name, leaf } = one
    if (name === null) return []
    const label = labelOf(one)
    if (!isTensor(leaf) && !isHost(leaf)) throw notStorable(who, label, leaf)
    if (isTensor(leaf) && leaf.isDisposed) throw disposedLeaf(who, label, 'the tree')
    const first = taken.get(name)
    if (first === undefined) {
      taken.set(name, one)
      return [{ name, label, leaf }]
    }
    if (!Object.is(first.leaf, leaf)) throw renamedAlike(who, first.path, path, name)
    return []
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
  /** Left says what is there and no such value */
  readonly host: (name: string) => E.Either<string, Host> | undefined
}

/** A tree like `like` with the leaves of `source`. Everything is checked before the first tensor is made. */
export const restore = <T>(who: string, like: T, source: Source, rename?: Rename): T => {
  const { structure, named } = namedLeaves(who, like, rename)
  const found = named.map(one => find(who, one, source))
  const wanted = new Set(named.map(({ name }) => name))
  const extra = source.names.filter(name => !wanted.has(name))
  if (extra.length > 0) throw leafExtra(who, extra, source.what)
  const made = tf.tidy(who, () => found.map(leaf => (typeof leaf === 'object' ? leaf.make() : leaf)))
  const leaves = made.map((leaf, i) => leaf ?? named[i]?.leaf)
  const tree = build(structure, leaves)
  freezeLike(tree, like)
  return tree as T
}

const find = (who: string, one: NamedLeaf, source: Source): Found | Host | undefined => {
  const { path, name, leaf } = one
  if (isAbsent(leaf)) return undefined
  const label = labelOf(one)
  if (isTensor(leaf)) {
    if (name === null) throw badArgument(who, `rename(${path})`, 'the name of a tensor', name)
    const found = source.tensor(name)
    if (found === undefined) throw leafMissing(who, label, 'a tensor', source.what)
    const [got, expected] = [showShape(found.shape), showShape(leaf.shape)]
    if (got !== expected) throw shapeMismatch(who, label, source.what, got, 'like', expected)
    if (found.dtype !== leaf.dtype) throw dtypeMismatch(who, label, source.what, found.dtype, leaf.dtype)
    return found
  }
  if (!isHost(leaf)) throw notStorable(who, label, leaf)
  if (name === null) return leaf
  const kind = `a ${typeof leaf}`
  const host = source.host(name)
  if (host === undefined) throw leafMissing(who, label, kind, source.what)
  if (E.isLeft(host)) throw structureMismatch(who, label, source.what, host.left, 'like', kind)
  if (typeof host.right !== typeof leaf)
    throw structureMismatch(who, label, source.what, nameOf(host.right), 'like', kind)
  return host.right
}

/** Freezes the containers whose counterparts are frozen: those of a state. */
const freezeLike = (made: unknown, like: unknown): void => {
  if (Array.isArray(made) && Array.isArray(like)) made.forEach((item, i) => freezeLike(item, like[i]))
  else if (isRecord(made) && isRecord(like)) Object.keys(made).forEach(key => freezeLike(made[key], like[key]))
  else return
  if (Object.isFrozen(like)) Object.freeze(made)
}
