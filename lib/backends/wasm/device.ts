/** Generated kernels on tfjs's own WebAssembly memory: they read and write tensors in place. */
import * as tf from '@tensorflow/tfjs-core'
import type { PartsOf } from '../partsOf.js'
import { noMemory } from '../../errors.js'
import { showShape } from '../../tree/tensors.js'
import type { Device, Job, LeafRun } from '../device.js'
import { uniformsOf } from '../uniforms.js'
import { interpretJob, isSmall } from '../small.js'
import { tally, type Tally } from '../tally.js'
import { compile, compileProblem } from './compile.js'
import { laneBytes } from './body.js'
import { clearLanes, collectLanes, compileAll, layoutOf, leafWidth, writeLeafNumbers } from './passes.js'
import { chunksOf, scratchOf, writeRows, type ScratchPlace } from './scratch.js'

/** tfjs's record of a tensor. */
export interface HeldAddress {
  readonly id: number
  readonly memoryOffset: number
  readonly refCount: number
}

/** The parts of tfjs's wasm backend that we use; `problem` checks that they exist. */
interface TfjsWasm {
  readonly wasm: {
    readonly wasmMemory?: WebAssembly.Memory
    readonly asm?: { readonly memory?: WebAssembly.Memory }
    readonly _malloc: (bytes: number) => number
    readonly _free: (address: number) => void
    readonly tfjs: {
      readonly registerTensor: (id: number, size: number, address: number) => void
      readonly disposeData: (id: number) => void
    }
  }
  readonly dataIdMap: { readonly has: (dataId: object) => boolean; readonly get: (dataId: object) => HeldAddress }
  readonly makeOutput: (shape: readonly number[], dtype: 'float32') => tf.TensorInfo
}

const backend = (): TfjsWasm => tf.backend() as unknown as TfjsWasm

const memoryOf = ({ wasm }: TfjsWasm): WebAssembly.Memory | undefined => wasm.wasmMemory ?? wasm.asm?.memory

const problem = (): string | null => {
  const none = compileProblem()
  if (none !== null) return none
  const { wasm, dataIdMap, makeOutput } = backend() as PartsOf<TfjsWasm>
  const parts = [
    wasm?._malloc,
    wasm?._free,
    wasm?.tfjs?.registerTensor,
    wasm?.tfjs?.disposeData,
    dataIdMap?.has,
    dataIdMap?.get,
    makeOutput,
  ]
  if (!parts.every(part => typeof part === 'function') || !(memoryOf(backend()) instanceof WebAssembly.Memory))
    return 'this tfjs keeps its memory elsewhere'
  return null
}

const allocate = (shape: readonly number[]): tf.Tensor =>
  tf.engine().makeTensorFromTensorInfo(backend().makeOutput([...shape], 'float32'))

/**
 * If malloc finds no memory, tfjs silently uses address 0, and even copies a tensor from another backend there, over
 * its own data. So we check first that there is room.
 */
const hold = ({ dataId, shape, size }: tf.Tensor): HeldAddress => {
  const { dataIdMap, wasm: own } = backend()
  const none = (): Error => noMemory(`a tensor of shape ${showShape(shape)}`, 4 * size)
  if (!dataIdMap.has(dataId) && size > 0) {
    const room = own._malloc(4 * size)
    if (room === 0) throw none()
    own._free(room)
  }
  const held = dataIdMap.get(dataId)
  if (held.memoryOffset === 0 && size > 0) throw none()
  return held
}

/**
 * tfjs's matMul and conv2d cache their weights in a packed copy until the tensor is disposed. Registering an
 * overwritten tensor anew drops its stale copy.
 */
const forgetCopies = ({ wasm: { tfjs } }: TfjsWasm, { size, over }: LeafRun<HeldAddress>): void => {
  for (const { id, memoryOffset } of over) {
    tfjs.disposeData(id)
    tfjs.registerTensor(id, size, memoryOffset)
  }
}

const runPass = (
  job: Job<HeldAddress>,
  g: number,
  pass: number,
  chunk: readonly [number, number],
  start: number,
  place: ScratchPlace,
  memory: WebAssembly.Memory,
  totals: Tally,
): void => {
  const group = job.groups[g]
  const lowered = group?.of.passes[pass] ?? null
  if (group === undefined || lowered === null) return
  const { kernel } = lowered
  const layout = layoutOf(job.plan, group, kernel)
  const run = compile(kernel, layout, memory)
  const [from, to] = chunk
  const leaves = from === 0 && to === group.leaves.length ? group.leaves : group.leaves.slice(from, to)
  const uniforms = uniformsOf(lowered, job.scalars)
  const numbers = [...uniforms.all, ...layout.treeTotals.map(totals.tree)]
  new Float32Array(memory.buffer, start + place.uniforms, numbers.length).set(numbers)
  const [rows, lanes] = [start + place.rows + place.stride * from, start + place.lanes]
  if (kernel.reductions.length > 0) {
    const words = new Uint32Array(memory.buffer, rows, (place.stride / 4) * leaves.length)
    leaves.forEach((_, row) => {
      words[(place.stride / 4) * row + 1] = lanes + laneBytes * kernel.reductions.length * row
    })
    clearLanes(memory.buffer, lanes, leaves.length, kernel)
  }
  const width = leafWidth(job.plan, group.of)
  const leafNumbers = { at: start + place.leafNumbers + 4 * width * from, width }
  writeLeafNumbers(memory.buffer, leafNumbers, leaves, lowered, layout, totals, uniforms)
  run(rows, rows + place.stride * leaves.length, start + place.uniforms)
  collectLanes(memory.buffer, lanes, leaves, kernel, totals)
}

const forgetAll = (tfjs: TfjsWasm, { groups }: Job<HeldAddress>): void => {
  for (const { leaves } of groups) for (const leaf of leaves) forgetCopies(tfjs, leaf)
}

const memoryNow = (): WebAssembly.Memory => {
  const memory = memoryOf(backend())
  if (memory === undefined) throw new TypeError('wasm: there is no memory')
  return memory
}

const run = (job: Job<HeldAddress>): void => {
  const tfjs = backend()
  const memory = memoryNow()
  if (isSmall(job)) {
    interpretJob(job, ({ memoryOffset }, size) => new Float32Array(memory.buffer, memoryOffset, size))
    forgetAll(tfjs, job)
    return
  }
  const { of, bytes } = scratchOf(job)
  const start = tfjs.wasm._malloc(bytes) >>> 0
  if (start === 0) throw noMemory('the table of a step', bytes)
  try {
    const totals = tally(job, ({ memoryOffset }) => new Float32Array(memory.buffer, memoryOffset, 1)[0] ?? NaN)
    job.groups.forEach((group, g) => {
      const place = of[g]
      if (place !== undefined) writeRows(memory, start, place, group, job.plan)
    })
    for (const sweep of job.plan.sweeps)
      job.groups.forEach((group, g) => {
        const place = of[g]
        if (place === undefined) return
        for (const chunk of chunksOf(group.leaves, sweep.length))
          for (const pass of sweep) runPass(job, g, pass, chunk, start, place, memory, totals)
      })
    forgetAll(tfjs, job)
  } finally {
    tfjs.wasm._free(start)
  }
}

/** Runs jobs on tfjs's wasm backend. Effects: the values of a job's tensors. */
export const wasm: Device<HeldAddress> = {
  name: 'wasm',
  inPlace: true,
  readsAtOnce: true,
  problem,
  allocate,
  hold,
  isOwn: ({ refCount }) => refCount === 1,
  prepare: job => {
    if (!isSmall(job)) compileAll(job, memoryNow())
  },
  run,
}
