/**
 * Writers return JSON with an `Unwritable` in place of each value that cannot be written; `toJson` finds all of these
 * with their paths. fp-ts is imported for its types only, so bundles that write configs do not contain it.
 */
import type { either as E } from 'fp-ts'
import { nameOf } from '../errors.js'
import { isRecord, joinPath } from '../tree/structure.js'

/** What JSON can say. */
export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A transformation as JSON: the name of its factory, and its arguments by name. */
export interface Config {
  readonly type: string
  readonly [option: string]: Json
}

/** Stands in for a value that cannot be written; `says` tells the user why. */
export class Unwritable {
  constructor(readonly says: string) {}
}

/** The deepest nesting of a config; JavaScript's stack allows a few times more. */
export const deepest = 500

/** A problem and its place. */
export interface Fault {
  readonly path: string
  readonly says: string
}

/**
 * The value as JSON; each part that is not JSON becomes null and a fault. tfjs fails on undefined, so such keys are
 * left out.
 */
const collect = (value: unknown, path: string, depth: number, faults: Fault[]): Json => {
  const fault = (says: string): null => {
    faults.push({ path, says })
    return null
  }
  if (depth > deepest) return fault(`nested deeper than ${deepest}`)
  if (value instanceof Unwritable) return fault(value.says)
  if (typeof value === 'number') return Number.isFinite(value) ? value : fault(`JSON has no ${String(value)}`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  const inside = (key: string | number, x: unknown): Json => collect(x, joinPath(path, key), depth + 1, faults)
  if (Array.isArray(value)) return value.map((x: unknown, i) => inside(i, x))
  if (!isRecord(value)) return fault(`${nameOf(value)} cannot be written as JSON`)
  const entries = Object.entries(value).filter(([, x]) => x !== undefined)
  return Object.fromEntries(entries.map(([key, x]) => [key, inside(key, x)]))
}

/** The written value as JSON, or all places that are not JSON. */
export const toJson = (value: unknown): E.Either<readonly Fault[], Json> => {
  const faults: Fault[] = []
  const right = collect(value, '', 0, faults)
  return faults.length === 0 ? { _tag: 'Right', right } : { _tag: 'Left', left: faults }
}
