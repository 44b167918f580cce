/** Names of leaves in a file that are not their paths here. */
import { badArgument, nameTwice, renamedAlike, short } from '../errors.js'
import { flatten, pathsOf, type Structure } from '../tree/structure.js'

/**
 * The name in the file for a leaf's path here, such as `1.0.mu.dense.kernel`; null for a leaf that the file does not
 * have: it is not written, and when a tree is read, a number keeps the value of `like` (a tensor must have a name).
 *
 * Numbers may share one name, since several links' `count` can be one number elsewhere: all are read from it, and it is
 * written once where they are equal.
 */
export type Rename = (path: string) => string | null

/** A leaf under its path here and its name in the file. */
export interface NamedLeaf {
  readonly path: string
  /** null where the file does not have it */
  readonly name: string | null
  readonly leaf: unknown
}

/** A tree that is one leaf has this path. */
const rootName = 'value'

/** null and undefined store nothing. */
export const isAbsent = (leaf: unknown): boolean => leaf === null || leaf === undefined

/** Both of a leaf's names, for messages. */
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

/** Throws what `clash` makes of the first two leaves of one name. */
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
