/** Writes hyperparameters, schedules and masks as JSON, with `Unwritable` for those that cannot be written. */
import { isByPath, type ByPath, type Schedule } from '../rule/hyper.js'
import { makingOf } from '../schedules/carry.js'
import type { Mask, MaskTree } from '../tree/mask.js'
import { isRecord } from '../tree/structure.js'
import { valuePatternsOf } from '../wrappers/byPath.js'
import { patternsOf } from '../wrappers/matching.js'
import { Unwritable } from './json.js'
import { isKerasSchedule, writeKerasHyper } from './kerasSchedule.js'
import { changes, keepNumber, keepText, textOf } from './verbatim.js'

/**
 * The schedules that can be written: all arguments are numbers, flags, words, schedules, or lists and records of these.
 */
export const ownSchedules: readonly string[] = [
  'constantSchedule',
  'linearSchedule',
  'polynomialSchedule',
  'cosineDecaySchedule',
  'exponentialDecay',
  'piecewiseConstantSchedule',
  'piecewiseInterpolateSchedule',
  'warmupConstantSchedule',
  'warmupCosineDecaySchedule',
  'warmupExponentialDecaySchedule',
  'linearOnecycleSchedule',
  'cosineOnecycleSchedule',
  'sgdrSchedule',
  'joinSchedules',
  'multiplySchedules',
  'repeatSchedule',
  'byEpoch',
]

const plainSchedule =
  'a plain function cannot be written; use a schedule of tfjs-optax, or a transformation of registerTransform'

/** A hyperparameter, or an argument of a schedule. */
export const writeValue = (value: unknown): unknown => {
  if (typeof value === 'number') return keepNumber(value)
  if (isByPath(value)) return writeByPath(value)
  if (Array.isArray(value)) return value.map(writeValue)
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, writeValue(x)]))
  if (typeof value !== 'function') return value
  if (isKerasSchedule(value)) return writeKerasHyper(value)
  const made = makingOf(value as Schedule)
  if (made === null || !ownSchedules.includes(made.type)) return new Unwritable(plainSchedule)
  return writeValue({ ...made })
}

/** The type of a hyperparameter by path. */
export const byPathType = 'byPath'

const plainByPath = 'byPath of a function cannot be written; use byPath([[pattern, value], …], otherwise)'

const writeByPath = (value: ByPath): unknown => {
  const made = valuePatternsOf(value)
  if (made === null) return new Unwritable(plainByPath)
  const patterns = made.patterns.map(([source, one]) => [keepText(source), writeValue(one)])
  return { type: byPathType, patterns, otherwise: writeValue(made.otherwise) }
}

const plainMask =
  'a function cannot be written; use matching({include, exclude}), a tree, or a transformation of registerTransform'

export const isMaskTree = (u: unknown): u is MaskTree =>
  typeof u === 'boolean' || (Array.isArray(u) ? u.every(isMaskTree) : isRecord(u) && Object.values(u).every(isMaskTree))

/** Whether a record with such keys has patterns; a mask tree with the same keys has booleans or trees under them. */
export const arePatterns = (u: Readonly<Record<string, unknown>>): boolean => {
  const keys = Object.keys(u).filter(key => key !== 'negate')
  const lists = ['include', 'exclude'].flatMap(key => (Object.hasOwn(u, key) ? [u[key]] : []))
  if (lists.some(x => textOf(x) !== null || (Array.isArray(x) && x.some(one => textOf(one) !== null)))) return true
  return keys.length > 0 && keys.length === lists.length && lists.every(x => Array.isArray(x) && x.length === 0)
}

export const writeMask = (mask: Mask): unknown => {
  if (typeof mask === 'function') {
    const made = patternsOf(mask)
    if (made === null) return new Unwritable(plainMask)
    const lists = { include: made.include.map(keepText), exclude: made.exclude.map(keepText) }
    return made.negate ? { ...lists, negate: true } : lists
  }
  if (!isMaskTree(mask)) return new Unwritable('a mask must be true or false at all of its leaves')
  return changes(mask) || (isRecord(mask) && arePatterns(mask)) ? { name: JSON.stringify(mask) } : mask
}

const plainLabels = 'a function cannot be written; use a tree of labels, {patterns, otherwise}, or {ranks, otherwise}'

/** Labels as JSON in a string, which tfjs does not change. */
export const writeLabels = (labels: unknown): unknown =>
  typeof labels === 'function'
    ? new Unwritable(plainLabels)
    : isRecord(labels) || Array.isArray(labels) || String(labels).includes('_')
      ? { name: JSON.stringify(labels) }
      : labels
