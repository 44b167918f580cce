/**
 * Arrays that nobody else holds. tfjs's cpu backend counts the tensors of a record, but not other holders of its array:
 * `slice` and ops built on it return a subarray, `complex` keeps the arrays of its parts, `dataSync` returns the array.
 * So a step overwrites an array only if we made it and it carries our mark, a `subarray` method of its own. Each of the
 * three ways removes the mark: `slice` calls that method, `readSync` reads a getter of our record, and the table's
 * `set`, which we wrap, sees every array that is stored. An array that has lost its mark is never overwritten again;
 * the next step allocates another.
 */

/** The values of a float32 tensor. `tf.cast` from integers keeps their array, which kernels can read as well. */
export type HostArray = Float32Array | Int32Array | Uint8Array

/** tfjs's record of a tensor. */
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

/** A view of the elements from `start` to `end`, which does not remove the mark. */
export const part = (values: HostArray, start: number, end: number): HostArray => plainSubarray.call(values, start, end)

function markedSubarray(this: Float32Array, start?: number, end?: number): Float32Array {
  handOut(this)
  return this.subarray(start, end)
}

const isMarked = (values: unknown): values is Float32Array =>
  values instanceof Float32Array && values.subarray === markedSubarray

/** Removes the mark, since somebody else may hold the array from now on. */
const handOut = (values: unknown): void => {
  if (isMarked(values)) delete (values as { subarray?: unknown }).subarray
}

/**
 * Our record in tfjs's table. tfjs reads its dtype only in `readSync`, before it returns the array or moves it
 * elsewhere.
 */
class OwnRecord implements TfjsRecord {
  refCount = 1
  constructor(readonly values: Float32Array) {}
  get dtype(): 'float32' {
    handOut(this.values)
    return 'float32'
  }
}

const watched = new WeakSet<BackendTable>()

/** Wraps the table's `set`: an array of ours that is stored in another record loses its mark. */
const watch = (table: BackendTable): void => {
  if (watched.has(table)) return
  watched.add(table)
  const { set } = table
  table.set = (dataId, record) => {
    handOut(record.values)
    set.call(table, dataId, record)
  }
}

/** Effects: stores an array that nobody else holds, with the mark. */
export const keep = (table: BackendTable, dataId: object, values: Float32Array): void => {
  watch(table)
  table.set(dataId, new OwnRecord(values))
  values.subarray = markedSubarray // users never see it: handing out the array removes it first
}

/**
 * Effects: marks the array of a tensor, unless other tensors share it. The caller must know that nobody else holds it.
 */
export const claim = (table: BackendTable, dataId: object): void => {
  if (!table.has(dataId)) return
  const { values, refCount } = table.get(dataId)
  if (refCount !== 1 || !(values instanceof Float32Array) || isMarked(values)) return
  table.delete(dataId)
  keep(table, dataId, values)
}

/** Whether nobody else holds the array. */
export const isOwn = ({ values, refCount }: TfjsRecord): boolean => refCount === 1 && isMarked(values)
