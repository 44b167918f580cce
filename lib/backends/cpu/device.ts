/**
 * Generated kernels for tfjs's cpu backend. Its tensors are JavaScript arrays, so values go through a small WebAssembly
 * memory of our own, in blocks that stay in the cache.
 */
import * as tf from '@tensorflow/tfjs-core'
import { noMemory } from '../../errors.js'
import { showShape } from '../../tree/tensors.js'
import type { Device, Job, LeafRun } from '../device.js'
import { interpretJob, isSmall } from '../small.js'
import { tally } from '../tally.js'
import { compileProblem } from '../wasm/compile.js'
import { compileAll } from '../wasm/passes.js'
import { Block, blockSize, placesOf, rowCount, type HeldArray } from './block.js'
import { claim, isOwn, keep, type HostArray, type BackendTable } from './own.js'
import { relayArrays } from './relays.js'

const table = (): BackendTable => (tf.backend() as unknown as { readonly data: BackendTable }).data

const problem = (): string | null => {
  const none = compileProblem()
  if (none !== null) return none
  const { data } = tf.backend() as unknown as { readonly data?: Partial<BackendTable> }
  const parts = [data?.get, data?.set, data?.has, data?.delete]
  return parts.every(part => typeof part === 'function') ? null : 'this tfjs keeps its arrays elsewhere'
}

const allocate = (shape: readonly number[]): tf.Tensor => {
  const size = tf.util.sizeFromShape([...shape])
  const dataId = {}
  keep(table(), dataId, zeros(shape, size))
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype: 'float32' })
}

const isNumbers = (x: unknown): x is HostArray =>
  x instanceof Float32Array || x instanceof Int32Array || x instanceof Uint8Array

const hold = ({ dataId }: tf.Tensor): HeldArray | null => {
  const record = table().get(dataId)
  return isNumbers(record.values) ? (record as HeldArray) : null
}

const zeros = (shape: readonly number[], size: number): Float32Array => {
  try {
    return new Float32Array(size)
  } catch (cause) {
    throw noMemory(`a tensor of shape ${showShape(shape)}`, 4 * size, cause)
  }
}

/**
 * Groups leaves into chunks that go through the memory together: a chunk fits into one block, or is one larger leaf.
 */
const chunksOf = (leaves: readonly LeafRun<HeldArray>[]): readonly (readonly LeafRun<HeldArray>[])[] => {
  const chunks: LeafRun<HeldArray>[][] = []
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

/** Our memory, grown to at least this many bytes. */
const memoryOf = (bytes: number): WebAssembly.Memory => {
  own ??= new WebAssembly.Memory({ initial: 1 })
  const missing = bytes - own.buffer.byteLength
  if (missing > 0) own.grow(Math.ceil(missing / 65536))
  return own
}

const run = (job: Job<HeldArray>): void => {
  if (isSmall(job)) {
    interpretJob(job, ({ values }) => values)
    return
  }
  const totals = tally(job, ({ values }) => values[0] ?? NaN)
  const relays = relayArrays(job.plan, job.groups)
  const groups = job.groups.map((group, g) => ({
    group,
    places: placesOf(job, group),
    chunks: chunksOf(group.leaves),
    relays: relays[g] ?? (() => []),
  }))
  const memory = memoryOf(Math.max(0, ...groups.map(({ places }) => places.bytes)))
  for (const sweep of job.plan.sweeps)
    for (const { group, places, chunks, relays } of groups)
      for (const leaves of chunks) {
        const block = new Block(memory, job, group, places, totals, relays)
        const [first] = leaves
        if (leaves.length === 1 && first !== undefined && first.size > blockSize) block.long(first, sweep)
        else block.short(leaves, sweep)
      }
}

/** Runs jobs on tfjs's cpu backend. Effects: the values of a job's tensors. */
export const cpu: Device<HeldArray> = {
  name: 'cpu',
  inPlace: true,
  readsAtOnce: true,
  problem,
  allocate,
  claim: ({ dataId }) => {
    claim(table(), dataId)
  },
  hold,
  isOwn,
  prepare: job => {
    if (!isSmall(job)) compileAll(job, memoryOf(0))
  },
  run,
}
