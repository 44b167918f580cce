/** The numbers of tensors on the host, and tensors of them. */
import * as tf from '@tensorflow/tfjs-core'
import { asyncReadNeeded } from '../errors.js'
import type { Collecting } from './communicator.js'

export type Numbers32 = Float32Array | Int32Array | Uint8Array

/** The numbers of a tensor; on cpu its own array, which must not be written to. */
export const valuesNow = (who: string, tensor: tf.Tensor): Numbers32 => {
  try {
    return tensor.dataSync<'float32' | 'int32' | 'bool'>()
  } catch (cause) {
    if (tensor.isDisposed) throw cause
    throw asyncReadNeeded(`${who}Async or ${who}`, tf.getBackend())
  }
}

/** The same in an array that nobody else holds: wasm reads its memory into a new one. */
export const unshared = (values: Float32Array): Float32Array => (tf.getBackend() === 'wasm' ? values : values.slice())

/** The numbers of tensors, which are read from now on: work that waits until they are there. */
export const valuesLater = (tensors: readonly tf.Tensor[]): Collecting<ReadonlyMap<tf.Tensor, Numbers32>> => {
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
      yield null
    }
    return read
  })()
}

/** A tensor of numbers that nobody else holds. */
export const tensorOf = (values: Numbers32, shape: readonly number[], dtype: tf.DataType): tf.Tensor =>
  tf.tensor(values, [...shape], dtype)
