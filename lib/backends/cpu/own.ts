/**
 * Arrays that are ours alone. tfjs's cpu backend counts the tensors of a record, but not who else has its array: `slice`
 * and all that uses it return a subarray, `complex` keeps the arrays of its parts, `dataSync` hands the array out. So a
 * step writes over an array only if we made it and it carries a mark, our own `subarray`. Each of the three ways takes
 * the mark away: it is the method that `slice` calls, a getter of our record that `readSync` reads, and a look at what is
 * stored in the backend's table. An array without the mark is never written over again; its next step makes another.
 */

/** `tf.cast` to float32 keeps an array of integers; those can be read as well. */
export type HostArray = Float32Array | Int32Array | Uint8Array

/** What tfjs knows of a tensor. */
export interface TfjsRecord {
  readonly values?: unknown
  readonly refCount: number
}

/** The table of tfjs's cpu backend. */
export interface BackendTable {
  set: (dataId: object, record: TfjsRecord) => void
  readonly get: (dataId: object) => TfjsRecord
  readonly has: (dataId: object) => boolean
  readonly delete: (dataId: object) => boolean
}

const { subarray: plainSubarray } = Float32Array.prototype

/** The elements of an array from `start` to `end`, as a view that counts as no hand-out. */
export const part = (values: HostArray, start: number, end: number): HostArray => plainSubarray.call(values, start, end)

function markedSubarray(this: Float32Array, start?: number, end?: number): Float32Array {
  handOut(this)
  return this.subarray(start, end)
}

/** Not enumerable, although nobody ever sees it: whatever hands the array out takes it away first. */
const mark = { value: markedSubarray, configurable: true }

const isMarked = (values: unknown): values is Float32Array =>
  values instanceof Float32Array && values.subarray === markedSubarray

/** Whoever has the array from now on may keep it. */
const handOut = (values: unknown): void => {
  if (isMarked(values)) delete (values as { subarray?: unknown }).subarray
}

/** A record of tfjs's table. Only `readSync` looks at its dtype, before it hands the array out or moves it elsewhere. */
class OwnRecord implements TfjsRecord {
  refCount = 1
  constructor(readonly values: Float32Array) {}
  get dtype(): 'float32' {
    handOut(this.values)
    return 'float32'
  }
}

const watched = new WeakSet<BackendTable>()

/** Sees to it that an array of ours that is stored in another record as well counts as handed out. */
const watch = (table: BackendTable): void => {
  if (watched.has(table)) return
  watched.add(table)
  const { set } = table
  table.set = (dataId, record) => {
    handOut(record.values)
    set.call(table, dataId, record)
  }
}

/** Effects: the array, which nobody else has, is ours under this id. */
export const keep = (table: BackendTable, dataId: object, values: Float32Array): void => {
  watch(table)
  table.set(dataId, new OwnRecord(values))
  Object.defineProperty(values, 'subarray', mark)
}

/** Effects: the array of a tensor is ours, if it has but one tensor. Nobody else may have it. */
export const claim = (table: BackendTable, dataId: object): void => {
  if (!table.has(dataId)) return
  const { values, refCount } = table.get(dataId)
  if (refCount !== 1 || !(values instanceof Float32Array) || isMarked(values)) return
  table.delete(dataId)
  keep(table, dataId, values)
}

/** Whether nobody else has the array. */
export const isOwn = ({ values, refCount }: TfjsRecord): boolean => refCount === 1 && isMarked(values)
