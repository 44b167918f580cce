/** Prefixes: trees that stop early, such as masks. */
import { extraKey, missingKey, structureMismatch } from '../errors.js'
import { firstName } from './firstName.js'
import { isRecord, joinPath } from './nodes.js'
import { kindOf, kindOfStructure, type Structure, type TreeNames } from './structure.js'

/**
 * One value per leaf of `structure`, from a prefix of such a tree: a value high up covers all leaves below it. A leaf of
 * `leaves` also goes by its first name, which may stand for several of them.
 */
export const spreadPrefix = (
  structure: Structure,
  leaves: readonly unknown[],
  prefix: unknown,
  { who, what, than }: TreeNames,
): readonly unknown[] => {
  const values: unknown[] = []
  const spread = (s: Structure, tree: unknown, path: string): void => {
    if (!Array.isArray(tree) && !isRecord(tree)) {
      for (let i = 0; i < s.size; i++) values.push(tree)
      return
    }
    if (
      s.kind === 'leaf' ||
      Array.isArray(tree) !== (s.kind === 'list') ||
      (Array.isArray(tree) && tree.length !== s.items.length)
    )
      throw structureMismatch(who, path, what, kindOf(tree), than, kindOfStructure(s))
    const keys = s.kind === 'record' ? s.keys : s.items.map((_, i) => String(i))
    let next = values.length
    const given = keys.map((key, i) => {
      const names = [key, ...(s.items[i]?.kind === 'leaf' ? [firstName(key, leaves[next])] : [])]
      next += s.items[i]?.size ?? 0
      return names.find(name => Object.hasOwn(tree, name))
    })
    const extra = Object.keys(tree).find(key => !given.includes(key))
    if (extra !== undefined) throw extraKey(who, joinPath(path, extra), what, than)
    s.items.forEach((item, i) => {
      const [key = '', name] = [keys[i], given[i]]
      if (name === undefined) throw missingKey(who, joinPath(path, key), what, than)
      spread(item, (tree as Readonly<Record<string, unknown>>)[name], joinPath(path, key))
    })
  }
  spread(structure, prefix, '')
  return values
}
