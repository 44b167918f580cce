/** The numbers of tensors on the host, and tensors of them. */
import * as tf from '@tensorflow/tfjs-core'
import { notReadNow } from '../errors/mpi.js'
import type { Collecting } from './communicator.js'

export type Numbers32 = Float32Array | Int32Array | Uint8Array

/**
 * The numbers of a tensor; they may be its own memory, which must not be written to. `instead` is the function for
 * backends that cannot be read at once.
 */
export const valuesNow = (who: string, tensor: tf.Tensor, instead?: string): Numbers32 => {
  try {
    return tensor.dataSync<'float32' | 'int32' | 'bool'>()
  } catch (cause) {
    if (tensor.isDisposed) throw cause
    throw notReadNow(who, backendNameOf(tensor), instead, cause)
  }
}

const backendNameOf = ({ dataId }: tf.Tensor): string => {
  const { registry, state } = tf.engine()
  const backend = state.tensorInfo.get(dataId)?.backend
  return Object.entries(registry).find(([, one]) => one === backend)?.[0] ?? tf.getBackend()
}

/** These numbers of the tensor in an array that nobody else holds: wasm reads its memory into a new one. */
export const unshared = (tensor: tf.Tensor, values: Numbers32): Float32Array =>
  (backendNameOf(tensor) === 'wasm' ? values : values.slice()) as Float32Array

/** The numbers of a float32 tensor in an array that nobody else holds. */
export const ownValuesNow = (who: string, tensor: tf.Tensor, instead?: string): Float32Array =>
  unshared(tensor, valuesNow(who, tensor, instead))

/** The numbers of tensors, which are read from now on: work that waits until they are there. */
export const valuesLater = (
  who: string,
  tensors: readonly tf.Tensor[],
): Collecting<ReadonlyMap<tf.Tensor, Numbers32>> => {
  const distinct = new Set(tensors)
  const read = new Map<tf.Tensor, Numbers32>()
  const failures: unknown[] = []
  for (const tensor of distinct)
    tensor.data<'float32' | 'int32' | 'bool'>().then(
      values => read.set(tensor, values),
      (cause: unknown) => failures.push(cause),
    )
  return (function* () {
    while (read.size < distinct.size) {
      if (failures.length > 0) throw failures[0]
      const isBlocking = yield null
      if (isBlocking) for (const tensor of distinct) read.set(tensor, valuesNow(who, tensor))
    }
    return read
  })()
}

/** A tensor of numbers that nobody else holds. */
export const tensorOf = (values: Numbers32, shape: readonly number[], dtype: tf.DataType): tf.Tensor =>
  tf.tensor(values, [...shape], dtype)
