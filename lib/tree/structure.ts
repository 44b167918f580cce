/**
 * Trees: nested plain objects, arrays and tuples. A leaf is anything else: a tensor, `null` (absent), or an array of
 * numbers in the reference interpreters.
 *
 * Trees are zipped by key, never by position. Tree order is arrays by index and records by key in code-unit order, so
 * no result, not even the last bit of a norm, depends on the order in which keys were written. Results still have
 * their keys in the order of the tree given, since users walk them.
 */
import { extraKey, missingKey, nameOf, structureMismatch } from '../errors.js'
import { unreadable } from '../errors/trees.js'
import { keysOf, sameAsLast } from './keys.js'
import { isRecord, joinPath, mostLevels } from './nodes.js'

export { isRecord, joinPath } from './nodes.js'

/** The shape of a tree without its leaves. `size` counts leaves. */
export type Structure =
  | { readonly kind: 'leaf'; readonly size: 1 }
  | { readonly kind: 'list'; readonly size: number; readonly items: readonly Structure[] }
  | {
      readonly kind: 'record'
      readonly size: number
      /** in code-unit order */
      readonly keys: readonly string[]
      /** for each key in the record's own order, its index in `keys`; null if both orders are the same */
      readonly order: readonly number[] | null
      readonly items: readonly Structure[]
    }

/** A tree with leaves `L`. */
export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> }

const leaf: Structure = Object.freeze({ kind: 'leaf', size: 1 })

/** The structure of a tree; its leaves are appended to `into` in tree order. A hole in an array is an absent leaf. */
const flattenInto = (tree: unknown, into: unknown[], level: number): Structure => {
  const start = into.length
  if (Array.isArray(tree)) {
    checkLevel(level)
    const items: Structure[] = []
    for (const item of tree) items.push(flattenInto(item, into, level + 1))
    return { kind: 'list', size: into.length - start, items }
  }
  if (isRecord(tree)) {
    checkLevel(level)
    if (Object.getOwnPropertySymbols(tree).length > 0) throw new TypeError('a symbol is a key')
    const { sorted: keys, order } = keysOf(Object.keys(tree))
    const items: Structure[] = []
    for (const key of keys) items.push(flattenInto(tree[key], into, level + 1))
    return sameAsLast({ kind: 'record' as const, size: into.length - start, keys, order, items })
  }
  into.push(tree)
  return leaf
}

const checkLevel = (level: number): void => {
  if (level >= mostLevels) throw new RangeError(`more than ${mostLevels} levels`)
}

/** Why a tree could not be flattened; `cause` is what was thrown. */
export type FaultFinder = (tree: unknown, who: string, what: string, cause: unknown) => unknown

let faultOf: FaultFinder = (_tree, who, what, cause) => unreadable(who, what, cause)

/** Effect: errors about trees name the place of the fault from now on. */
export const useFaults = (finder: FaultFinder): void => {
  faultOf = finder
}

export interface Flat {
  readonly structure: Structure
  readonly leaves: readonly unknown[]
}

/**
 * Takes a tree apart; `build` puts it together again. Throws in the name of `who` if the tree contains itself, is too
 * deep, or has a symbol as a key or a getter that throws.
 */
export const flatten = (tree: unknown, who = 'tfjs-optax', what = ''): Flat => {
  const leaves: unknown[] = []
  try {
    return { structure: flattenInto(tree, leaves, 0), leaves }
  } catch (cause) {
    throw faultOf(tree, who, what, cause)
  }
}

/** The paths of all leaves, in tree order; `named` gives another name for the key of leaf number `index`. */
export const pathsOf = (
  structure: Structure,
  named: (key: string, index: number) => string = key => key,
): readonly string[] => {
  const paths: string[] = []
  const walk = (s: Structure, path: string): void => {
    if (s.kind === 'leaf') paths.push(path)
    else
      s.items.forEach((item, i) => {
        const key = s.kind === 'list' ? i : (s.keys[i] ?? '')
        walk(item, joinPath(path, item.kind === 'leaf' && typeof key === 'string' ? named(key, paths.length) : key))
      })
  }
  walk(structure, '')
  return paths
}

/** The path of leaf number `index`. */
export const pathAt = (structure: Structure, index: number): string => pathsOf(structure)[index] ?? ''

/** A tree of this structure with these leaves, in fresh containers; `seal` is called with each filled container. */
export const build = <L>(structure: Structure, leaves: readonly L[], seal: <T>(x: T) => T = x => x): Tree<L> => {
  let next = 0
  const make = (s: Structure): Tree<L> => {
    switch (s.kind) {
      case 'leaf':
        return leaves[next++] as L
      case 'list':
        return seal(s.items.map(make))
      case 'record': {
        const { keys, order } = s
        const items = s.items.map(make)
        const record: Record<string, Tree<L>> = {}
        for (let i = 0; i < keys.length; i++) {
          const place = order === null ? i : (order[i] ?? i)
          setKey(record, keys[place] ?? '', items[place])
        }
        return seal(record)
      }
    }
  }
  return make(structure)
}

/** Sets `__proto__` as a key like any other, as JSON has it. */
const setKey = (record: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
  else record[key] = value
}

/** The kind of a node, in words. */
export const kindOf = (x: unknown): string =>
  Array.isArray(x) ? nameOf(x) : isRecord(x) ? 'a record' : x === null ? 'null' : 'a leaf'
export const kindOfStructure = (s: Structure): string =>
  s.kind === 'leaf' ? 'a leaf' : s.kind === 'record' ? 'a record' : `an array of ${s.items.length}`

/** Names for the messages of a failed comparison. */
export interface TreeNames {
  readonly who: string
  /** the name of the tree that is compared */
  readonly what: string
  /** the name of the tree that it must match */
  readonly than: string
}

/** The leaves of `tree` in the order of `structure`; throws, naming the path, if the tree has another structure. */
export const alignTo = (structure: Structure, tree: unknown, names: TreeNames): readonly unknown[] => {
  const leaves: unknown[] = []
  align(structure, tree, names, '', leaves)
  return leaves
}

/** The value of a key; the error for a getter that throws names the path. */
const childOf = (
  tree: Readonly<Record<string, unknown>>,
  key: string,
  { who, what }: TreeNames,
  path: string,
): unknown => {
  try {
    return tree[key]
  } catch (cause) {
    throw unreadable(who, `${what}.${path}`, cause)
  }
}

const align = (s: Structure, tree: unknown, names: TreeNames, path: string, into: unknown[]): void => {
  const { who, what, than } = names
  const mismatch = (): Error => structureMismatch(who, path, what, kindOf(tree), than, kindOfStructure(s))
  switch (s.kind) {
    case 'leaf':
      if (Array.isArray(tree) || isRecord(tree)) throw mismatch()
      into.push(tree)
      return
    case 'list':
      if (!Array.isArray(tree) || tree.length !== s.items.length) throw mismatch()
      s.items.forEach((item, i) => align(item, tree[i], names, joinPath(path, i), into))
      return
    case 'record': {
      if (!isRecord(tree)) throw mismatch()
      s.keys.forEach((key, i) => {
        if (!Object.hasOwn(tree, key)) throw missingKey(who, joinPath(path, key), what, than)
        const below = joinPath(path, key)
        align(s.items[i] ?? leaf, childOf(tree, key, names, below), names, below, into)
      })
      const keys = Object.keys(tree)
      if (keys.length === s.keys.length) return
      const extra = keys.find(key => !s.keys.includes(key)) ?? ''
      throw extraKey(who, joinPath(path, extra), what, than)
    }
  }
}

/** `alignTo` without its messages: appends the leaves to `into`, and returns false if the structure differs. */
export const collect = (structure: Structure, tree: unknown, into: unknown[]): boolean => {
  try {
    return collectInto(structure, tree, into)
  } catch {
    return false // a getter threw; `alignTo` says which
  }
}

const collectInto = (s: Structure, tree: unknown, into: unknown[]): boolean => {
  switch (s.kind) {
    case 'leaf':
      into.push(tree)
      return true
    case 'list':
      if (!Array.isArray(tree) || tree.length !== s.items.length) return false
      for (let i = 0; i < tree.length; i++) if (!collectInto(s.items[i] ?? leaf, tree[i], into)) return false
      return true
    case 'record':
      if (!isRecord(tree) || Object.keys(tree).length !== s.keys.length) return false
      for (let i = 0; i < s.keys.length; i++) {
        const key = s.keys[i] ?? ''
        if (!Object.hasOwn(tree, key) || !collectInto(s.items[i] ?? leaf, tree[key], into)) return false
      }
      return true
  }
}

/** The values in `tree` at the paths of the leaves of `structure`; undefined for a path that it does not have. */
export const leavesAt = (structure: Structure, tree: unknown): readonly unknown[] => {
  switch (structure.kind) {
    case 'leaf':
      return [tree]
    case 'list':
      return structure.items.flatMap((item, i) => leavesAt(item, Array.isArray(tree) ? tree[i] : undefined))
    case 'record':
      return structure.items.flatMap((item, i) =>
        leavesAt(item, isRecord(tree) ? ownOf(tree, structure.keys[i] ?? '') : undefined),
      )
  }
}

const ownOf = (record: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined
