/** The parts of tfjs's WebGPU backend that we use; all of them are public there. */
import * as tf from '@tensorflow/tfjs-core'
import type { PartsOf } from '../partsOf.js'

/** tfjs's record of a tensor: its buffer, and the values that reads have cached. */
export interface TensorData {
  values: unknown
  readonly resource?: GPUBuffer | null
  /** whether the buffer is a user's */
  readonly external?: boolean
}

export interface TfjsWebgpu {
  readonly device: GPUDevice
  readonly queue: GPUQueue
  readonly tensorMap: {
    readonly get: (dataId: object) => TensorData | undefined
  }
  readonly bufferManager: {
    readonly acquireBuffer: (size: number, usage: number) => GPUBuffer
    readonly releaseBuffer: (buffer: GPUBuffer) => void
  }
  readonly makeTensorInfo: (shape: number[], dtype: 'float32', values?: Float32Array) => tf.TensorInfo
  /** gives a tensor a buffer if it has none yet */
  readonly uploadToGPU: (dataId: object) => void
  read: (dataId: object) => Promise<unknown>
  readonly ensureCommandEncoderReady: () => void
  readonly endComputePassEncoder: () => void
  readonly submitQueue: () => void
}

export const backend = (): TfjsWebgpu => tf.backend() as unknown as TfjsWebgpu

/** The fewest bindings of a shader with which any kernel can be split. */
const bindingsAtLeast = 6

/** Why plans cannot run on this backend; null if they can. */
export const problem = (): string | null => {
  const parts = tf.backend() as unknown as PartsOf<TfjsWebgpu>
  const { device, queue, bufferManager } = parts
  const functions = [
    device?.createComputePipeline,
    device?.createCommandEncoder,
    device?.createBindGroup,
    queue?.submit,
    queue?.writeBuffer,
    parts.tensorMap?.get,
    bufferManager?.acquireBuffer,
    bufferManager?.releaseBuffer,
    parts.makeTensorInfo,
    parts.uploadToGPU,
    parts.read,
    parts.ensureCommandEncoderReady,
    parts.endComputePassEncoder,
    parts.submitQueue,
  ]
  if (!functions.every(part => typeof part === 'function')) return 'this tfjs keeps its buffers elsewhere'
  const { maxStorageBuffersPerShaderStage: bindings } = backend().device.limits
  if (bindings < bindingsAtLeast) return `a shader can bind ${bindings} buffers only, ${bindingsAtLeast} are needed`
  return null
}

/**
 * The most bytes that a buffer can have and a shader can bind; beyond them WebGPU drops commands and reports it only
 * later.
 */
export const sizeAtMost = ({ limits }: GPUDevice): number =>
  Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize)

/** The buffer that holds the values of a tensor. */
export const bufferOf = (tfjs: TfjsWebgpu, tensor: tf.Tensor): GPUBuffer => {
  tfjs.uploadToGPU(tensor.dataId)
  const resource = tfjs.tensorMap.get(tensor.dataId)?.resource ?? null
  if (resource === null) throw new TypeError('webgpu: a float32 tensor has no buffer')
  return resource
}
