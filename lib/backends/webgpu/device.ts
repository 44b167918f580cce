/**
 * Generated shaders on the buffers of tfjs's WebGPU backend: one dispatch per leaf, pass and shader, all of a job in
 * one command buffer, after the commands that tfjs has recorded. Nothing is read back; totals stay in a buffer.
 *
 * Leaves do not share dispatches, because each needs bindings of its own, and a shader has as few as eight. Copying
 * small leaves into one buffer and back would take a command for every stream of every leaf; a dispatch with a cached
 * bind group is only one.
 */
import * as tf from '@tensorflow/tfjs-core'
import { tooLarge } from '../../errors.js'
import { showShape } from '../../tree/tensors.js'
import type { Device, Job } from '../device.js'
import { callsOf, type Dispatch, type Calls } from './calls.js'
import { bindGroupOf } from './groups.js'
import { forget, readsOf } from './reads.js'
import { sourceOf } from './shaders.js'
import { backend, bufferOf, problem, sizeAtMost, type TfjsWebgpu } from './tfjs.js'

/** Checks the size first, since WebGPU reports a buffer that is too large only later, in a promise. */
const allocate = (shape: readonly number[]): tf.Tensor => {
  const tfjs = backend()
  const bytes = 4 * tf.util.sizeFromShape([...shape])
  const limit = sizeAtMost(tfjs.device)
  if (bytes > limit) throw tooLarge(`a tensor of shape ${showShape(shape)}`, bytes, limit)
  const values = bytes === 0 ? new Float32Array(0) : undefined // tfjs gives an empty tensor no buffer
  const tensor = tf.engine().makeTensorFromTensorInfo(tfjs.makeTensorInfo([...shape], 'float32', values))
  try {
    if (bytes > 0) bufferOf(tfjs, tensor)
    return tensor
  } catch (cause) {
    tensor.dispose()
    throw cause
  }
}

/** Writes the numbers of all calls to one buffer; each call's begin at its offset. */
const tableOf = ({ device, queue }: TfjsWebgpu, calls: readonly Dispatch[], take: (bytes: number) => GPUBuffer) => {
  const { minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment } = device.limits
  const align = Math.max(minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment)
  let bytes = 0
  const offsets = calls.map(({ words }) => {
    const at = bytes
    bytes = Math.ceil((bytes + words.byteLength) / align) * align
    return at
  })
  const all = new Uint32Array(bytes / 4)
  calls.forEach(({ words }, i) => all.set(words, (offsets[i] ?? 0) / 4))
  const table = take(bytes)
  queue.writeBuffer(table, 0, all)
  return { table, offsets }
}

const submit = (tfjs: TfjsWebgpu, { calls, copies }: Calls, take: (bytes: number) => GPUBuffer): void => {
  const { device, queue } = tfjs
  const { table, offsets } = tableOf(tfjs, calls, take)
  // Commands that tfjs has recorded go first.
  tfjs.ensureCommandEncoderReady()
  tfjs.endComputePassEncoder()
  tfjs.submitQueue()
  const encoder = device.createCommandEncoder()
  copies.forEach(({ from, fromOffset, to, toOffset, bytes }) => {
    encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes)
  })
  const pass = encoder.beginComputePass()
  calls.forEach((call, i) => {
    const numbers = { buffer: table, offset: offsets[i] ?? 0, size: call.words.byteLength }
    pass.setPipeline(call.pipeline)
    pass.setBindGroup(0, bindGroupOf(device, numbers, call))
    pass.dispatchWorkgroups(...call.groups)
  })
  pass.end()
  queue.submit([encoder.finish()])
}

const run = (job: Job<tf.Tensor>): void => {
  const tfjs = backend()
  const pending = readsOf(tfjs)
  const taken: GPUBuffer[] = []
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC
  const take = (bytes: number): GPUBuffer => {
    const buffer = tfjs.bufferManager.acquireBuffer(bytes, usage)
    taken.push(buffer)
    return buffer
  }
  try {
    const calls = callsOf(tfjs, job, take)
    if (calls.calls.length === 0) return
    submit(tfjs, calls, take)
    for (const { leaves } of job.groups)
      for (const { over } of leaves) for (const { dataId } of over) forget(tfjs, pending, dataId)
  } finally {
    taken.forEach(buffer => tfjs.bufferManager.releaseBuffer(buffer))
  }
}

/** Runs jobs on tfjs's WebGPU backend. Effects: the values of a job's tensors. */
export const webgpu: Device<tf.Tensor> = {
  name: 'webgpu',
  inPlace: true,
  problem,
  allocate,
  hold: tensor => tensor,
  isOwn: ({ dataId }) => tf.backend().refCount(dataId) === 1,
  run,
  sourceOf: shown => sourceOf(backend().device, shown),
}
