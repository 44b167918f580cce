/**
 * The order of a record's keys: arithmetic goes in sorted order, results come back in the order of the record given. A
 * step meets the same few records again and again, so sorted keys are cached.
 */

export interface Keys {
  /** in code-unit order */
  readonly sorted: readonly string[]
  /** for each key in the record's own order, its index in `sorted`; null if both orders are the same */
  readonly order: readonly number[] | null
}

interface KnownKeys extends Keys {
  readonly written: readonly string[]
}

const none: Keys = { sorted: [], order: null }

/** The last record seen with each first key. */
const known = new Map<string, KnownKeys>()
const mostKnown = 256

/** The keys of a record in both orders, from its keys as written. */
export const keysOf = (written: readonly string[]): Keys => {
  const [first] = written
  if (first === undefined) return none
  const last = known.get(first)
  if (last !== undefined && isSame(last.written, written)) return last
  if (known.size >= mostKnown) known.clear()
  const made = sort(written)
  known.set(first, made)
  return made
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const sort = (written: readonly string[]): KnownKeys => {
  const sorted = [...written].sort()
  const places = new Map(sorted.map((key, place) => [key, place]))
  return { written, sorted, order: isSame(written, sorted) ? null : written.map(key => places.get(key) ?? 0) }
}

/** A record by its keys, as `keysOf` gives them, and what is under them. */
interface Keyed {
  readonly keys: readonly string[]
  readonly order: readonly number[] | null
  readonly items: readonly unknown[]
}

/** The last record with each list of keys. */
const lastRecord = new WeakMap<readonly string[], Keyed>()

/** The last record if it is equal, so that what is known of the trees of a step is found by identity in the next. */
export const sameAsLast = <R extends Keyed>(made: R): R => {
  const last = lastRecord.get(made.keys)
  if (last?.order === made.order && last.items.every((item, i) => item === made.items[i])) return last as R // made by the same caller
  lastRecord.set(made.keys, made)
  return made
}
