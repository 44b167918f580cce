/** Gives leaves names in a file that differ from their paths. */
import { badArgument, nameTwice, renamedAlike, short } from '../errors.js'
import { flatten, pathsOf, type Structure } from '../tree/structure.js'

/**
 * The name in the file for a leaf's path, such as `1.0.mu.dense.kernel`; null for a leaf that the file does not have.
 * Such a leaf is not written, and a number keeps the value of `like` when the tree is read (a tensor must have a name).
 *
 * Numbers may share one name, since other programs may have one count for several links: all are read from it, and it
 * is written once if they are equal, which they must be.
 */
export type Rename = (path: string) => string | null

/** A leaf with its path in the tree and its name in the file. */
export interface NamedLeaf {
  readonly path: string
  /** null if the file does not have it */
  readonly name: string | null
  readonly leaf: unknown
}

/** The path of a tree that is a single leaf. */
const rootName = 'value'

/** Whether a leaf is not stored at all. */
export const isAbsent = (leaf: unknown): boolean => leaf === null || leaf === undefined

/** A leaf's path, and its name if that differs, for messages. */
export const labelOf = ({ path, name }: NamedLeaf): string =>
  name === null || name === path ? short(path) : `${short(path)} (named ${short(name)})`

/** All leaves of a tree in tree order, and its structure. */
export const namedLeaves = (
  who: string,
  tree: unknown,
  rename?: Rename,
): { readonly structure: Structure; readonly named: readonly NamedLeaf[] } => {
  if (rename !== undefined && typeof rename !== 'function')
    throw badArgument(who, 'rename', 'a function (path) => name', rename)
  const { structure, leaves } = flatten(tree, who)
  const own = pathsOf(structure).map((path, i): NamedLeaf => {
    const leaf = leaves[i]
    const name = path === '' ? rootName : path
    return { path: name, name: isAbsent(leaf) ? null : name, leaf }
  })
  checkOnce(own, (_, { path }) => nameTwice(who, path))
  if (rename === undefined) return { structure, named: own }
  const named = own.map(one => (one.name === null ? one : { ...one, name: checked(who, one.path, rename(one.path)) }))
  checkOnce(named, (first, second, name) =>
    typeof first.leaf === 'number' && typeof second.leaf === 'number'
      ? undefined
      : renamedAlike(who, first.path, second.path, name),
  )
  return { structure, named }
}

const checked = (who: string, path: string, name: unknown): string | null => {
  if (name === null || (typeof name === 'string' && name !== '')) return name
  throw badArgument(who, `rename(${short(path)})`, 'a name or null', name)
}

/** Throws the error, if any, that `clash` makes for the first two leaves of one name. */
const checkOnce = (
  named: readonly NamedLeaf[],
  clash: (first: NamedLeaf, second: NamedLeaf, name: string) => Error | undefined,
): void => {
  const taken = new Map<string, NamedLeaf>()
  for (const one of named) {
    if (one.name === null) continue
    const first = taken.get(one.name)
    const error = first && clash(first, one, one.name)
    if (error) throw error
    taken.set(one.name, one)
  }
}
