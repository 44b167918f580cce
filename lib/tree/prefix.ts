/** Prefixes: trees that stop early, such as masks. */
import { extraKey, missingKey, structureMismatch } from '../errors.js'
import { isRecord, joinPath } from './nodes.js'
import { kindOf, kindOfStructure, type Structure, type TreeNames } from './structure.js'

/** One value per leaf of `structure`, from a prefix of such a tree: a value high up covers all leaves below it. */
export const spreadPrefix = (structure: Structure, prefix: unknown, names: TreeNames): readonly unknown[] => {
  const values: unknown[] = []
  const spread = (s: Structure, tree: unknown, path: string): void => {
    const inner = Array.isArray(tree) || isRecord(tree)
    if (!inner) {
      for (let i = 0; i < s.size; i++) values.push(tree)
      return
    }
    if (s.kind === 'leaf') throw structureMismatch(names.who, path, names.what, kindOf(tree), names.than, 'a leaf')
    const keys = s.kind === 'record' ? s.keys : s.items.map((_, i) => String(i))
    if (Array.isArray(tree) !== (s.kind === 'list') || (Array.isArray(tree) && tree.length !== s.items.length))
      throw structureMismatch(names.who, path, names.what, kindOf(tree), names.than, kindOfStructure(s))
    const extra = Object.keys(tree).find(key => !keys.includes(key))
    if (extra !== undefined) throw extraKey(names.who, joinPath(path, extra), names.what, names.than)
    s.items.forEach((item, i) => {
      const key = keys[i] ?? ''
      if (!Object.hasOwn(tree, key)) throw missingKey(names.who, joinPath(path, key), names.what, names.than)
      spread(item, (tree as Readonly<Record<string, unknown>>)[key], joinPath(path, key))
    })
  }
  spread(structure, prefix, '')
  return values
}
