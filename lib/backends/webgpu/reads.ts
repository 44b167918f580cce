/**
 * Reads that are pending while their tensor is overwritten. tfjs copies the values when a read begins, and caches them
 * when they arrive, although the tensor has other values by then. The reader gets the old values; the cache must not.
 */
import type { TensorData, TfjsWebgpu } from './tfjs.js'

interface Pending {
  reads: number
  /** tfjs's record of the tensor while it must not cache values */
  cacheless: TensorData | null
}

const pendings = new WeakMap<TfjsWebgpu, Map<object, Pending>>()

const allowCache = (data: TensorData): unknown =>
  Object.defineProperty(data, 'values', { value: null, writable: true, enumerable: true, configurable: true })

const forbidCache = (data: TensorData): unknown =>
  Object.defineProperty(data, 'values', { get: () => null, set: () => undefined, enumerable: true, configurable: true })

/** Effects: wraps the backend's `read`, so that pending reads are known from now on. */
const watched = (tfjs: TfjsWebgpu): Map<object, Pending> => {
  const pending = new Map<object, Pending>()
  const read = tfjs.read.bind(tfjs)
  tfjs.read = async dataId => {
    const own = pending.get(dataId) ?? { reads: 0, cacheless: null }
    own.reads += 1
    pending.set(dataId, own)
    try {
      return await read(dataId)
    } finally {
      own.reads -= 1
      if (own.reads === 0) {
        pending.delete(dataId)
        if (own.cacheless !== null) allowCache(own.cacheless)
      }
    }
  }
  return pending
}

/**
 * The pending reads of a backend, counted from its first job on; that job runs in `ready`, before any step overwrites
 * memory.
 */
export const readsOf = (tfjs: TfjsWebgpu): ReadonlyMap<object, Pending> => {
  const known = pendings.get(tfjs) ?? watched(tfjs)
  pendings.set(tfjs, known)
  return known
}

/** Effects: drops the values that tfjs has cached, and keeps pending reads from caching theirs. */
export const forget = (tfjs: TfjsWebgpu, pending: ReadonlyMap<object, Pending>, dataId: object): void => {
  const data = tfjs.tensorMap.get(dataId)
  if (data === undefined) return
  data.values = null
  const own = pending.size === 0 ? undefined : pending.get(dataId)
  if (own === undefined) return
  forbidCache(data)
  own.cacheless = data
}
