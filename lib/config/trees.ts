/** Reads trees whose leaves are of one kind: masks, and labels of groups. */
import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { frozenCopy } from '../tree/freeze.js'
import { isRecord } from '../tree/structure.js'
import { expectedGot } from './faults.js'
import { deepest } from './json.js'

/** Validates a tree with such leaves; `leaf` names them in messages. */
export const treeOf = <T>(leaf: string, isLeaf: (u: unknown) => boolean): t.Validate<unknown, T> => {
  const tree: t.Validate<unknown, T> = (u, context) => {
    if (isLeaf(u)) return t.success(u as T)
    if (context.length > deepest) return t.failure(u, context, `nested deeper than ${deepest}`)
    if (!Array.isArray(u) && !isRecord(u)) return t.failure(u, context, expectedGot(leaf, u))
    const errors = Object.entries(u as Readonly<Record<string, unknown>>).flatMap(([key, x]) => {
      const read = tree(x, t.appendContext(context, key, t.unknown, x))
      return E.isLeft(read) ? read.left : []
    })
    return errors.length > 0 ? t.failures(errors) : t.success(frozenCopy(u as T))
  }
  return tree
}
