/**
 * Finds places in a tree by path. A path is text as `joinPath` writes it, or an array of keys. Nothing in it is escaped:
 * text is compared with the keys that are there, dots and all, so each path that a listing of the tree shows is found.
 * Text that fits two places is an error, and an array of keys never does.
 */
import { inSeveralPlaces, notInTree, readInTwoWays, type Reached } from '../errors/paths.js'
import { badArgument } from '../errors.js'
import { unreadable } from '../errors/trees.js'
import { nearest } from '../call/spelling.js'
import { flatten, isRecord, joinPath } from './structure.js'

/** The way to a place in a tree: keys and indices, as a list or as one text with dots. */
export type TreePath = string | readonly (string | number)[]

/** The keys from the root to a place. */
export type PathKeys = readonly string[]

/** The keys of a record or an array; null for a leaf. */
export const keysIn = (node: unknown): PathKeys | null =>
  Array.isArray(node) ? Array.from(node, (_, i) => String(i)) : isRecord(node) ? Object.keys(node) : null

/** The value at a key that is there. */
export const childAt = (who: string, node: unknown, key: string, path: string): unknown => {
  try {
    return (node as Readonly<Record<string, unknown>>)[key]
  } catch (cause) {
    throw unreadable(who, path, cause)
  }
}

/** How far the keys of a tree go along a path. */
interface Walk {
  readonly found: PathKeys[]
  deepest: Reached & { readonly rest: string }
}

/** Every way to read `rest` as keys below `node`. */
const walkText = (who: string, node: unknown, rest: string, keys: PathKeys, walk: Walk): void => {
  const here = keys.reduce(joinPath, '')
  const below = keysIn(node)
  if (here.length > walk.deepest.path.length || keys.length === 0)
    walk.deepest = { path: here, value: node, keys: below, rest }
  for (const key of below ?? []) {
    if (rest === key) walk.found.push([...keys, key])
    else if (rest.startsWith(`${key}.`))
      walkText(who, childAt(who, node, key, joinPath(here, key)), rest.slice(key.length + 1), [...keys, key], walk)
  }
}

/** Every place below a record's key `name`, however deep. */
const placesOf = (who: string, node: unknown, name: string, keys: PathKeys): readonly PathKeys[] =>
  (keysIn(node) ?? []).flatMap(key => {
    const own = [...keys, key]
    const child = childAt(who, node, key, own.reduce(joinPath, ''))
    return [...(key === name && !Array.isArray(node) ? [own] : []), ...placesOf(who, child, name, own)]
  })

const missing = (who: string, path: string, reached: Reached, key: string): Error => {
  const known = Array.isArray(reached.value) ? [] : (reached.keys ?? [])
  return notInTree(who, path, reached, nearest(key, Object.fromEntries(known.map(name => [name, '']))))
}

const keysOfText = (who: string, tree: unknown, path: string): PathKeys => {
  if (path === '') return []
  const walk: Walk = { found: [], deepest: { path: '', value: tree, keys: keysIn(tree), rest: path } }
  walkText(who, tree, path, [], walk)
  const [first, second] = walk.found
  const said = (keys: PathKeys): string => JSON.stringify(keys)
  if (first !== undefined && second !== undefined) throw readInTwoWays(who, path, walk.found.map(said))
  if (first !== undefined) return first
  flatten(tree, who, 'tree') // throws for a tree that contains itself, in which the search would not end
  const places = placesOf(who, tree, path, [])
  const [place, other] = places
  if (other !== undefined)
    throw inSeveralPlaces(
      who,
      path,
      places.map(keys => keys.reduce(joinPath, '')),
    )
  if (place !== undefined) return place
  const { rest, ...reached } = walk.deepest
  throw missing(who, path, reached, rest.split('.')[0] ?? rest)
}

const keysOfArray = (who: string, tree: unknown, given: readonly unknown[]): PathKeys => {
  let [node, at] = [tree, '']
  const path = given.map(String)
  path.forEach(key => {
    const keys = keysIn(node)
    if (!keys?.includes(key)) throw missing(who, path.reduce(joinPath, ''), { path: at, value: node, keys }, key)
    at = joinPath(at, key)
    node = childAt(who, node, key, at)
  })
  return path
}

/**
 * The keys to the place that `path` names. A single name that the root does not have is looked for in the whole tree.
 * Throws a KeyError if there is no such place, or several.
 */
export const keysOfPath = (who: string, tree: unknown, path: unknown): PathKeys => {
  if (typeof path === 'string') return keysOfText(who, tree, path)
  if (Array.isArray(path) && path.every(key => typeof key === 'string' || typeof key === 'number'))
    return keysOfArray(who, tree, path)
  throw badArgument(who, 'path', "a path such as '1.mu.dense.kernel' or an array of keys", path)
}
