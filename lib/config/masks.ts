/** Masks: true or false, a tree of them, or patterns `{include, exclude}`. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { frozenCopy } from '../tree/freeze.js'
import type { Mask, MaskFunction, MaskTree } from '../tree/mask.js'
import { isRecord } from '../tree/structure.js'
import { matching, patternsOf } from '../wrappers/matching.js'
import { expectedGot } from './faults.js'
import { deepest, Unwritable } from './json.js'
import { kind, options, type Codec } from './kind.js'
import { flag, list } from './values.js'
import { changes, keepText, parse, textOf } from './verbatim.js'

const isTree = (u: unknown): u is MaskTree =>
  typeof u === 'boolean' || (Array.isArray(u) ? u.every(isTree) : isRecord(u) && Object.values(u).every(isTree))

const valid = (source: string): boolean => {
  try {
    return new RegExp(source).source !== ''
  } catch {
    return false
  }
}
const name = 'a regular expression'
const pattern: Codec<string> = new t.Type(
  name,
  t.string.is,
  (u, context) => {
    const source = textOf(u)
    return source !== null && valid(source) ? t.success(source) : t.failure(u, context, expectedGot(name, source ?? u))
  },
  keepText,
)
const sources = list('a list of regular expressions', pattern)
const patterns = options({}, { include: sources, exclude: sources, negate: flag })
const patternKind = kind(patterns, (given): MaskFunction => matching(given))

/** Whether `{include, exclude, negate}` are patterns: a tree has booleans in their place. */
const arePatterns = (u: Readonly<Record<string, unknown>>): boolean => {
  const keys = Object.keys(u).filter(key => key !== 'negate')
  const lists = ['include', 'exclude'].flatMap(key => (Object.hasOwn(u, key) ? [u[key]] : []))
  if (lists.some(x => textOf(x) !== null || (Array.isArray(x) && x.some(one => textOf(one) !== null)))) return true
  return keys.length > 0 && keys.length === lists.length && lists.every(x => Array.isArray(x) && x.length === 0)
}

const tree: t.Validate<unknown, MaskTree> = (u, context) => {
  if (typeof u === 'boolean') return t.success(u)
  if (context.length > deepest) return t.failure(u, context, `nested deeper than ${deepest}`)
  if (!Array.isArray(u) && !isRecord(u)) return t.failure(u, context, expectedGot('true or false', u))
  const errors = Object.entries(u as Readonly<Record<string, unknown>>).flatMap(([key, x]) => {
    const read = tree(x, t.appendContext(context, key, t.boolean, x))
    return E.isLeft(read) ? read.left : []
  })
  return errors.length > 0 ? t.failures(errors) : t.success(frozenCopy(u as MaskTree))
}

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
  return isRecord(u) && arePatterns(u) ? patternKind.validate(u, context) : tree(u, context)
}

const plainFunction =
  'a function cannot be written; use matching({include, exclude}), a tree, or a transformation of registerTransform'
const encode = (mask: Mask): unknown => {
  if (typeof mask === 'function') {
    const made = patternsOf(mask)
    if (made === null) return new Unwritable(plainFunction)
    const { negate, ...lists } = made
    return patterns.encode(negate ? made : lists)
  }
  if (!isTree(mask)) return new Unwritable('a mask must be true or false at all of its leaves')
  return changes(mask) || (isRecord(mask) && arePatterns(mask)) ? { name: JSON.stringify(mask) } : mask
}

export const mask: Codec<Mask> = new t.Type<Mask, unknown, unknown>(
  expected,
  (u): u is Mask => typeof u === 'function' || isTree(u),
  validate,
  encode,
)
