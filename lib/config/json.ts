/**
 * What is written: JSON, and marks where something cannot be. Codecs of io-ts always write something, so what fails
 * leaves an `Unwritable`, and `toJson` finds them all with their places.
 */
import { either as E, function as F, readonlyArray as A } from 'fp-ts'
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

/** what one transformation inside another may reach; deeper, the stack of JavaScript ends */
export const deepest = 500

/** Something that is wrong, and where. */
export interface Fault {
  readonly path: string
  readonly says: string
}
type Read<X> = E.Either<readonly Fault[], X>

/** Collects the faults of all parts. */
const validation = E.getApplicativeValidation(A.getSemigroup<Fault>())
const fault = (path: string, says: string): Read<never> => E.left([{ path, says }])

/** What codecs wrote, as JSON, or every place that is none. Keys that are undefined are left out: tfjs fails on them. */
export const toJson = (value: unknown, path = '', depth = 0): Read<Json> => {
  if (depth > deepest) return fault(path, `nested deeper than ${deepest}`)
  if (value instanceof Unwritable) return fault(path, value.says)
  if (typeof value === 'number')
    return Number.isFinite(value) ? E.right(value) : fault(path, `JSON has no ${String(value)}`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return E.right(value)
  const inside = (key: string | number, x: unknown): Read<Json> => toJson(x, joinPath(path, key), depth + 1)
  if (Array.isArray(value))
    return F.pipe(
      value as readonly unknown[],
      A.traverseWithIndex(validation)((i, x) => inside(i, x)),
    )
  if (!isRecord(value)) return fault(path, `${nameOf(value)} cannot be written as JSON`)
  return F.pipe(
    Object.entries(value).filter(([, x]) => x !== undefined),
    A.traverse(validation)(([key, x]) =>
      F.pipe(
        inside(key, x),
        E.map(json => [key, json] as const),
      ),
    ),
    E.map(entries => Object.fromEntries(entries)),
  )
}
