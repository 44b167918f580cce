/**
 * Copies data from outside to plain data of bounded size and depth before anything else reads it. So no config takes
 * long, and no getter can return one value when it is checked and another when it is used.
 */
import type { either as E } from 'fp-ts'
import { badArgument, saying } from '../errors.js'
import { isRecord, joinPath } from '../tree/structure.js'
import { configError } from './faults.js'
import { deepest, type Fault } from './json.js'

/** The most values of a config, records and lists included, and the most characters of all its strings together. */
export const mostValues = 100_000
export const mostText = 1_000_000

/** The copies made here: a config inside another config is not copied again. */
const admitted = new WeakSet<object>()

/** A copy as plain data. Values that are neither records, lists nor primitives stay, for codecs to refuse. */
export const admit = (json: unknown): E.Either<readonly Fault[], unknown> => {
  const faults: Fault[] = []
  let [values, text] = [0, 0]
  const full = (): boolean => values > mostValues || text > mostText

  const copy = (value: unknown, path: string, depth: number): unknown => {
    values++
    if (typeof value === 'string') text += value.length
    if (typeof value !== 'object' || value === null || full() || admitted.has(value)) return value
    try {
      const list = Array.isArray(value)
      if (!list && !isRecord(value)) return value
      if (depth > deepest) {
        faults.push({ path, says: `nested deeper than ${deepest}` })
        return null
      }
      const made: unknown = list ? copyList(value, path, depth) : copyRecord(value, path, depth)
      admitted.add(made as object)
      return made
    } catch (cause) {
      faults.push({ path, says: `cannot be read: ${saying(cause)}` })
      return null
    }
  }
  const copyList = (list: readonly unknown[], path: string, depth: number): unknown[] => {
    const made: unknown[] = []
    for (let i = 0; i < list.length && !full(); i++) made.push(copy(list[i], joinPath(path, i), depth + 1))
    return made
  }
  const copyRecord = (record: Readonly<Record<string, unknown>>, path: string, depth: number): unknown => {
    const entries: [string, unknown][] = []
    for (const key of Object.keys(record)) {
      if (full()) break
      text += key.length
      const value = record[key]
      // tfjs passes the user's classes under this key.
      const kept = depth === 0 && key === 'customObjects'
      entries.push([key, kept ? value : copy(value, joinPath(path, key), depth + 1)])
    }
    return Object.fromEntries(entries)
  }

  const right = copy(json, '', 0)
  const tooMany =
    values > mostValues ? `at most ${mostValues} values` : `strings of at most ${mostText} characters in all`
  const all = full() ? [{ path: '', says: `expected ${tooMany}, got more` }] : faults
  return all.length === 0 ? { _tag: 'Right', right } : { _tag: 'Left', left: all }
}

/** A copy of a config that must be a record; throws otherwise. */
export const admitRecord = (who: string, json: unknown): Readonly<Record<string, unknown>> => {
  const read = admit(json)
  if (read._tag === 'Left') throw configError(who, read.left)
  if (!isRecord(read.right)) throw badArgument(who, 'config', 'a record', read.right)
  return read.right
}

/** The `customObjects` of `fromConfig`; throws unless they are a record. */
export const customOf = <T extends object>(given: unknown): T => {
  if (!isRecord(given)) throw badArgument('fromConfig', 'customObjects', 'a record', given)
  return given as T
}
