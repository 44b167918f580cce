/** The codec of labels: a tree of names, `{patterns, otherwise}` or `{ranks, otherwise}`; each may be JSON in a string under `name`. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { isRecord } from '../tree/structure.js'
import type { Labels, LabelTree } from '../wrappers/partition.js'
import { parse, type Codec } from './kind.js'
import { treeOf } from './trees.js'
import { writeLabels } from './writeValue.js'

const tree = treeOf<LabelTree>('a label', t.string.is)

const isPatterns = (u: unknown): u is Labels =>
  isRecord(u) &&
  typeof u['otherwise'] === 'string' &&
  Array.isArray(u['patterns']) &&
  u['patterns'].every(
    (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(part => typeof part === 'string'),
  )

const isRanks = (u: unknown): u is Labels =>
  isRecord(u) &&
  typeof u['otherwise'] === 'string' &&
  isRecord(u['ranks']) &&
  Object.values(u['ranks']).every(t.string.is)
const isWhole = (u: unknown): u is Labels => isPatterns(u) || isRanks(u)

const validate: t.Validate<unknown, Labels> = (u, context) => {
  if (isRecord(u) && Object.keys(u).length === 1 && typeof u['name'] === 'string')
    return F.pipe(
      parse(u['name']),
      E.mapLeft((why): t.Errors => [{ value: u, context, message: `expected labels as JSON, ${why}` }]),
      E.flatMap((json): t.Validation<Labels> => (isWhole(json) ? t.success(json) : tree(json, context))),
    )
  return isWhole(u) ? t.success(u) : tree(u, context)
}

export const labels: Codec<Labels> = new t.Type<Labels, unknown, unknown>(
  'a tree of labels, {patterns, otherwise}, or {ranks, otherwise}',
  (u): u is Labels => typeof u === 'function' || typeof u === 'string' || Array.isArray(u) || isRecord(u),
  validate,
  writeLabels,
)
