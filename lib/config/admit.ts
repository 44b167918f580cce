/**
 * What comes from outside, copied once to plain data of bounded size and depth before anything else reads it. So no
 * config takes long, no getter gives another answer later, and what is checked is what is used.
 */
import type { either as E } from 'fp-ts'
import { badArgument, saying } from '../errors.js'
import { isRecord, joinPath } from '../tree/structure.js'
import { configError } from './faults.js'
import { deepest, type Fault } from './json.js'

/** How many values a config may have, records and lists among them, and how many characters in all of its strings. */
export const mostValues = 100_000
export const mostText = 1_000_000

/** Copies that were made here: configs inside of configs are not copied again. */
const admitted = new WeakSet<object>()

/** Plain data; values that are neither records, lists nor primitives are left as they are, for codecs to refuse. */
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
      // tfjs puts the classes of a user there.
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

/** The same for a config that must be a record; throws what is wrong. */
export const admitRecord = (who: string, json: unknown): Readonly<Record<string, unknown>> => {
  const read = admit(json)
  if (read._tag === 'Left') throw configError(who, read.left)
  if (!isRecord(read.right)) throw badArgument(who, 'config', 'a record', read.right)
  return read.right
}

/** What `fromConfig` takes beside a config; anything but a record is an error. */
export const customOf = <T extends object>(given: unknown): T => {
  if (!isRecord(given)) throw badArgument('fromConfig', 'customObjects', 'a record', given)
  return given as T
}
