/** The numbers of tensors on the host, and tensors of them. */
import * as tf from '@tensorflow/tfjs-core'
import { notReadNow } from '../errors/mpi.js'
import type { Collecting } from './communicator.js'

export type Numbers32 = Float32Array | Int32Array | Uint8Array

/** The numbers of a tensor; they may be its own memory, which must not be written to. `advice` says what to do instead. */
export const valuesNow = (who: string, tensor: tf.Tensor, advice?: string): Numbers32 => {
  try {
    return tensor.dataSync<'float32' | 'int32' | 'bool'>()
  } catch (cause) {
    if (tensor.isDisposed) throw cause
    throw notReadNow(who, backendNameOf(tensor), advice, cause)
  }
}

const backendNameOf = ({ dataId }: tf.Tensor): string => {
  const { registry, state } = tf.engine()
  const backend = state.tensorInfo.get(dataId)?.backend
  return Object.entries(registry).find(([, one]) => one === backend)?.[0] ?? tf.getBackend()
}

/** The numbers of a tensor in an array that nobody else holds: wasm reads its memory into a new one. */
export const ownValuesNow = (who: string, tensor: tf.Tensor, advice?: string): Numbers32 => {
  const values = valuesNow(who, tensor, advice)
  return backendNameOf(tensor) === 'wasm' ? values : values.slice()
}

const onHost: readonly string[] = ['cpu', 'wasm']

/**
 * The numbers of tensors as they are now, in arrays that nobody else holds: work that waits until they are there. Those on
 * the host are read at once.
 */
export const valuesLater = (
  who: string,
  tensors: readonly tf.Tensor[],
): Collecting<ReadonlyMap<tf.Tensor, Numbers32>> => {
  const read = new Map<tf.Tensor, Numbers32>()
  const waiting = new Set<tf.Tensor>()
  const failures: unknown[] = []
  for (const tensor of new Set(tensors)) {
    if (onHost.includes(backendNameOf(tensor))) {
      read.set(tensor, ownValuesNow(who, tensor))
      continue
    }
    waiting.add(tensor)
    tensor.data<'float32' | 'int32' | 'bool'>().then(
      values => {
        read.set(tensor, values.slice())
        waiting.delete(tensor)
      },
      (cause: unknown) => failures.push(cause),
    )
  }
  return (function* () {
    while (waiting.size > 0) {
      if (failures.length > 0) throw failures[0]
      const isBlocking = yield null
      if (!isBlocking) continue
      for (const tensor of waiting) read.set(tensor, ownValuesNow(who, tensor, 'await it before a call that blocks'))
      waiting.clear()
    }
    return read
  })()
}

/** A tensor of numbers that nobody else holds. */
export const tensorOf = (values: Numbers32, shape: readonly number[], dtype: tf.DataType): tf.Tensor =>
  tf.tensor(values, [...shape], dtype)
