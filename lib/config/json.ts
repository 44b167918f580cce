/**
 * What is written: JSON, and marks where something cannot be. A writer always gives something, so what fails leaves an
 * `Unwritable`, and `toJson` finds them all with their places. No fp-ts at run time: bundles that write configs read none.
 */
import type { either as E } from 'fp-ts'
import { nameOf } from '../errors.js'
import { isRecord, joinPath } from '../tree/structure.js'

export type Json = number | string | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A transformation as JSON: the name of its factory, and its arguments by their names. */
export interface Config {
  readonly type: string
  readonly [option: string]: Json
}

/** What stands in the place of a value that cannot be written; `says` is for the user. */
export class Unwritable {
  constructor(readonly says: string) {}
}

/** How deep configs may be nested; the stack of JavaScript holds a few times more. */
export const deepest = 500

/** Something that is wrong, and where. */
export interface Fault {
  readonly path: string
  readonly says: string
}

/** The value as JSON; what is none is null there, and a fault. Keys that are undefined are left out: tfjs fails on them. */
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

/** What was written, as JSON, or every place that is none. */
export const toJson = (value: unknown): E.Either<readonly Fault[], Json> => {
  const faults: Fault[] = []
  const right = collect(value, '', 0, faults)
  return faults.length === 0 ? { _tag: 'Right', right } : { _tag: 'Left', left: faults }
}
