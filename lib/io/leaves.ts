/** Lists the leaves of a tree under their stored names, and rebuilds a tree from leaves found by name. */
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
  short,
  structureMismatch,
} from '../errors.js'
import { build, isRecord, joinPath } from '../tree/structure.js'
import { isTensor, showShape } from '../tree/tensors.js'
import { isHost, type Host } from './host.js'
import { isAbsent, labelOf, namedLeaves, type NamedLeaf, type Rename } from './rename.js'

/** A leaf to be stored; `label` adds its path, for messages. */
export interface StoredLeaf<L = tf.Tensor | Host> {
  readonly name: string
  readonly label: string
  readonly leaf: L
}

/** The leaves of a tree, in tree order; equal numbers that share a name are one leaf. */
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

/** A tensor that was found in a source, and can be made once the source's data are read. */
export interface Found<D> {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly make: (data: D) => tf.Tensor
}

type HostFound = E.Either<string, Host>

/** A place to find leaves by name. Their values are read from `D` later, once all leaves are found. */
export interface LeafSource<D> {
  /** the name of the source in messages */
  readonly what: string
  /** the names that must all be leaves of the tree */
  readonly names: readonly string[]
  readonly tensor: (name: string) => Found<D> | undefined
  /** a value, or Left naming what is there instead; a function if only the data can tell */
  readonly host: (name: string) => HostFound | ((data: D) => HostFound) | undefined
}

/** A tree whose leaves have all been found. */
export interface Matched<T, D> {
  /** the names that are tensors of the tree */
  readonly tensors: ReadonlySet<string>
  /** reads and checks all other leaves before it makes the first tensor */
  readonly make: (data: D) => T
}

/** Finds the leaves of a tree like `like` in `source`. */
export const match = <T, D>(who: string, like: T, source: LeafSource<D>, rename?: Rename): Matched<T, D> => {
  const { structure, named } = namedLeaves(who, like, rename)
  const counts = countsOf(like)
  const found = named.map(one => find(who, one, source, counts.has(one.path)))
  const wanted = new Set(named.map(({ name }) => name))
  const extra = source.names.filter(name => !wanted.has(name))
  if (extra.length > 0) throw leafExtra(who, extra, source.what)
  return {
    tensors: new Set(named.flatMap(({ name, leaf }) => (name !== null && isTensor(leaf) ? [name] : []))),
    make: data => {
      const read = found.map(leaf => (typeof leaf === 'function' ? leaf(data) : leaf))
      const made = tf.tidy(who, () => read.map(leaf => (typeof leaf === 'object' ? leaf.make(data) : leaf)))
      const tree = build(
        structure,
        made.map((leaf, i) => leaf ?? named[i]?.leaf),
      )
      freezeLike(tree, like)
      return tree as T
    },
  }
}

/** `match` for a source that has its data already. */
export const restore = <T>(who: string, like: T, source: LeafSource<undefined>, rename?: Rename): T =>
  match(who, like, source, rename).make(undefined)

/** What a leaf becomes: absent, a value, a value to be read from the data, a tensor. */
type Finding<D> = undefined | Host | ((data: D) => Host) | Found<D>

const find = <D>(who: string, one: NamedLeaf, source: LeafSource<D>, isCount: boolean): Finding<D> => {
  const { path, name, leaf } = one
  if (isAbsent(leaf)) return undefined
  const label = labelOf(one)
  if (isTensor(leaf)) {
    if (name === null) throw badArgument(who, `rename(${short(path)})`, 'the name of a tensor', name)
    const found = source.tensor(name)
    if (found === undefined) throw leafMissing(who, label, 'a tensor', source.what)
    const [got, expected] = [showShape(found.shape), showShape(leaf.shape)]
    if (got !== expected) throw shapeMismatch(who, label, source.what, short(got), 'like', short(expected))
    if (found.dtype !== leaf.dtype) throw dtypeMismatch(who, label, source.what, found.dtype, leaf.dtype)
    return found
  }
  if (!isHost(leaf)) throw notStorable(who, label, leaf)
  if (name === null) return leaf
  const kind = isCount ? 'a whole number >= 0' : `a ${typeof leaf}`
  const host = source.host(name)
  if (host === undefined) throw leafMissing(who, label, kind, source.what)
  const differs = (got: string): Error => structureMismatch(who, label, source.what, got, 'like', kind)
  const checked = (value: HostFound): Host => {
    if (E.isLeft(value)) throw differs(value.left)
    if (typeof value.right !== typeof leaf || (isCount && !isCountOfSteps(value.right)))
      throw differs(nameOf(value.right))
    return value.right
  }
  return typeof host === 'function' ? data => checked(host(data)) : checked(host)
}

const isCountOfSteps = (u: unknown): boolean => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0

/**
 * The paths of counts. They must be whole numbers, since every later step would throw otherwise. A `count` belongs to a
 * state if its record is frozen.
 */
const countsOf = (like: unknown): ReadonlySet<string> => {
  const paths = new Set<string>()
  const walk = (tree: unknown, path: string): void => {
    if (Array.isArray(tree)) tree.forEach((item, i) => walk(item, joinPath(path, i)))
    if (!isRecord(tree)) return
    if (Object.isFrozen(tree) && isCountOfSteps(tree['count'])) paths.add(joinPath(path, 'count'))
    Object.keys(tree).forEach(key => walk(tree[key], joinPath(path, key)))
  }
  walk(like, '')
  return paths
}

/** Freezes the containers that are frozen in `like`: those of states. */
const freezeLike = (made: unknown, like: unknown): void => {
  if (Array.isArray(made) && Array.isArray(like)) made.forEach((item, i) => freezeLike(item, like[i]))
  else if (isRecord(made) && isRecord(like)) Object.keys(made).forEach(key => freezeLike(made[key], like[key]))
  else return
  if (Object.isFrozen(like)) Object.freeze(made)
}
