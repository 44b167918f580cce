/** The codec of masks: true or false, a tree of them, or patterns `{include, exclude}`. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import type { Mask, MaskFunction, MaskTree } from '../tree/mask.js'
import { linearFinder, linearPattern } from '../tree/pattern/find.js'
import { isRecord } from '../tree/structure.js'
import { matching } from '../wrappers/matching.js'
import { expectedGot } from './faults.js'
import { kind, options, parse, type Codec } from './kind.js'
import { treeOf } from './trees.js'
import { flag, list } from './values.js'
import { textOf } from './verbatim.js'
import { arePatterns, isMaskTree, writeMask } from './writeValue.js'

const pattern: Codec<string> = new t.Type(
  linearPattern,
  t.string.is,
  (u, context) => {
    const source = textOf(u)
    return source !== null && linearFinder(source) !== null
      ? t.success(source)
      : t.failure(u, context, expectedGot(linearPattern, source ?? u))
  },
  t.identity,
)
const sources = list('a list of regular expressions', pattern)
const patterns = options({}, { include: sources, exclude: sources, negate: flag })
const patternKind = kind(patterns, (given): MaskFunction => matching(given))

const tree = treeOf<MaskTree>('true or false', t.boolean.is)

const expected = 'true, false, a tree of them, or {include, exclude, negate}'
const validate: t.Validate<unknown, Mask> = (u, context) => {
  if (typeof u === 'boolean') return t.success(u)
  const text = isRecord(u) ? textOf(u) : null
  if (text !== null)
    return F.pipe(
      parse(text),
      E.mapLeft((why): t.Errors => [{ value: u, context, message: `expected a tree as JSON, ${why}` }]),
      E.flatMap(json => tree(json, context)),
    )
  if (!Array.isArray(u) && !isRecord(u)) return t.failure(u, context, expectedGot(expected, u))
  return isRecord(u) && arePatterns(u) ? patternKind(u, context) : tree(u, context)
}

export const mask: Codec<Mask> = new t.Type<Mask, unknown, unknown>(
  expected,
  (u): u is Mask => typeof u === 'function' || isMaskTree(u),
  validate,
  writeMask,
)
