/**
 * Reads that are under way while their tensor is written over. tfjs copies the values at once, and keeps them when they
 * have come: those of before the step, although the tensor has others by then. Who asked gets them; they are not kept.
 */
import type { TensorData, TfjsWebgpu } from './tfjs.js'

interface Pending {
  reads: number
  /** what was told to keep nothing */
  deaf: TensorData | null
}

const pendings = new WeakMap<TfjsWebgpu, Map<object, Pending>>()

const hear = (data: TensorData): unknown =>
  Object.defineProperty(data, 'values', { value: null, writable: true, enumerable: true, configurable: true })

const deafen = (data: TensorData): unknown =>
  Object.defineProperty(data, 'values', { get: () => null, set: () => undefined, enumerable: true, configurable: true })

/** Effects: reads on this backend are known from now on. */
const watched = (tfjs: TfjsWebgpu): Map<object, Pending> => {
  const pending = new Map<object, Pending>()
  const read = tfjs.read.bind(tfjs)
  tfjs.read = async dataId => {
    const own = pending.get(dataId) ?? { reads: 0, deaf: null }
    own.reads += 1
    pending.set(dataId, own)
    try {
      return await read(dataId)
    } finally {
      own.reads -= 1
      if (own.reads === 0) {
        pending.delete(dataId)
        if (own.deaf !== null) hear(own.deaf)
      }
    }
  }
  return pending
}

/** The reads under way on a backend; watches them from its first job on, which `ready` runs and waits for. */
export const readsOf = (tfjs: TfjsWebgpu): ReadonlyMap<object, Pending> => {
  const known = pendings.get(tfjs) ?? watched(tfjs)
  pendings.set(tfjs, known)
  return known
}

/** Effects: what tfjs keeps of values read before is given up. */
export const forget = (tfjs: TfjsWebgpu, pending: ReadonlyMap<object, Pending>, dataId: object): void => {
  const data = tfjs.tensorMap.get(dataId)
  if (data === undefined) return
  data.values = null
  const own = pending.size === 0 ? undefined : pending.get(dataId)
  if (own === undefined) return
  deafen(data)
  own.deaf = data
}
