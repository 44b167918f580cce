/**
 * Generated kernels for tfjs's cpu backend, whose tensors are JavaScript arrays: values go through a small WebAssembly
 * memory of our own, in blocks that stay in the cache.
 */
import * as tf from '@tensorflow/tfjs-core'
import { noMemory } from '../../errors.js'
import { showShape } from '../../tree/tensors.js'
import type { Device, Job, LeafRun } from '../device.js'
import { compile } from '../wasm/compile.js'
import { layoutOf, tally } from '../wasm/passes.js'
import { sourceOf } from '../wasm/text.js'
import { Block, blockSize, hold, placesOf, rowCount, type Held, type TfjsCpu } from './block.js'

const backend = (): TfjsCpu => tf.backend() as unknown as TfjsCpu

const problem = (): string | null => {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly'
  const { data, makeTensorInfo } = tf.backend() as unknown as Partial<TfjsCpu>
  if (typeof data?.get !== 'function' || typeof data.numDataIds !== 'function' || typeof makeTensorInfo !== 'function')
    return 'this tfjs keeps its arrays elsewhere'
  return null
}

const allocate = (shape: readonly number[]): tf.Tensor => {
  const size = tf.util.sizeFromShape([...shape])
  return tf.engine().makeTensorFromTensorInfo(backend().makeTensorInfo([...shape], 'float32', zeros(shape, size)))
}

const zeros = (shape: readonly number[], size: number): Float32Array => {
  try {
    return new Float32Array(size)
  } catch (cause) {
    throw noMemory(`a tensor of shape ${showShape(shape)}`, 4 * size, cause)
  }
}

/** Leaves that go through the memory together: they fill one block at most, or it is one leaf of many blocks. */
const chunksOf = (leaves: readonly LeafRun<Held>[]): readonly (readonly LeafRun<Held>[])[] => {
  const chunks: LeafRun<Held>[][] = []
  let size = Infinity
  for (const leaf of leaves) {
    const last = chunks.at(-1)
    if (last === undefined || size + leaf.size > blockSize || last.length === rowCount) {
      chunks.push([leaf])
      size = leaf.size
    } else {
      last.push(leaf)
      size += leaf.size
    }
  }
  return chunks
}

let own: WebAssembly.Memory | null = null

/** The memory, with at least this many bytes. */
const memoryOf = (bytes: number): WebAssembly.Memory => {
  own ??= new WebAssembly.Memory({ initial: 1 })
  const missing = bytes - own.buffer.byteLength
  if (missing > 0) own.grow(Math.ceil(missing / 65536))
  return own
}

const run = (job: Job<Held>): void => {
  const totals = tally()
  const groups = job.groups.map(group => ({
    group,
    places: placesOf(job, group),
    chunks: chunksOf(group.leaves),
  }))
  const memory = memoryOf(Math.max(0, ...groups.map(({ places }) => places.bytes)))
  // All code is there before the first write.
  for (const { group } of groups)
    for (const pass of group.of.passes)
      if (pass !== null) compile(pass.kernel, layoutOf(job.plan, group, pass.kernel), memory)
  for (const sweep of job.plan.sweeps)
    for (const { group, places, chunks } of groups)
      for (const leaves of chunks) {
        const block = new Block(memory, job, group, places, totals)
        const [first] = leaves
        if (leaves.length === 1 && first !== undefined && first.size > blockSize) block.long(first, sweep)
        else block.short(leaves, sweep)
      }
}

/** Effects: the values of the tensors of a job. */
export const cpu: Device<Held> = {
  name: 'cpu',
  inPlace: true,
  readsAtOnce: true,
  handsOutMemory: true,
  problem,
  allocate,
  hold: tensor => hold(backend(), tensor),
  isOwn: ({ values, refCount }) => refCount === 1 && values instanceof Float32Array,
  memoryOf: ({ values }) => values,
  run,
  sourceOf,
}
