/** Turns a job into dispatches, each with its numbers and buffers. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { written } from '../../plan/class.js'
import type { Lowered } from '../../plan/kernel.js'
import { tooLarge } from '../../errors.js'
import { showShape } from '../../tree/tensors.js'
import { uniformsOf } from '../uniforms.js'
import type { Group, Job, LeafRun } from '../device.js'
import { foldWgsl, wordsOf } from './fold.js'
import { workgroup } from './generate.js'
import { placesOf, reducersOf, type TotalPlaces } from './places.js'
import { pipelineOf, shadersOf } from './shaders.js'
import { bufferOf, sizeAtMost, type TfjsWebgpu } from './tfjs.js'

export interface Dispatch {
  readonly pipeline: GPUComputePipeline
  readonly groups: readonly [x: number, y: number]
  /** the numbers that are bound at 0 */
  readonly words: Uint32Array
  /** the buffers that are bound from 1 on */
  readonly buffers: readonly GPUBuffer[]
  /** whether no user's buffer is among them, so that bind groups may be cached */
  readonly areTfjs: boolean
}

export interface Calls {
  readonly calls: readonly Dispatch[]
  /** values to copy before the first call, since a call overwrites them */
  readonly copies: readonly MemoryCopy[]
}

interface MemoryCopy {
  readonly from: GPUBuffer
  readonly fromOffset: number
  readonly to: GPUBuffer
  readonly toOffset: number
  readonly bytes: number
}

/** Allocates memory for the duration of a job. */
export type TakeMemory = (bytes: number) => GPUBuffer

/** Workgroups as a grid, since a dispatch takes only so many (usually 65535) in each dimension. */
const grid = (workgroups: number, { limits }: GPUDevice): readonly [number, number] => {
  const x = Math.min(workgroups, limits.maxComputeWorkgroupsPerDimension)
  return [x, Math.ceil(workgroups / x)]
}

/**
 * The homes of a leaf's streams: if a stream in a buffer is written, all streams in that buffer have the first one as
 * home.
 */
const homesOf = (streams: readonly string[], buffers: readonly GPUBuffer[], reads: number): Map<string, string> => {
  const homes = new Map<string, string>()
  buffers.forEach((buffer, i) => {
    const first = buffers.indexOf(buffer)
    if (first === i || !buffers.includes(buffer, reads)) return
    homes.set(streams[i] ?? '', streams[first] ?? '')
  })
  return homes
}

const words = (ints: readonly number[], floats: readonly number[]): Uint32Array => {
  const all = new Uint32Array(4 * Math.ceil((ints.length + floats.length) / 4))
  all.set(ints)
  new Float32Array(all.buffer).set(floats, ints.length)
  return all
}

/** The copies of given numbers to their places among the totals. */
const givenCopies = (
  tfjs: TfjsWebgpu,
  { numbers }: Job<Tensor>,
  names: readonly string[],
  { leaves }: TotalPlaces,
  totals: GPUBuffer,
  take: TakeMemory,
): MemoryCopy[] => {
  const onHost = numbers.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
  const table = onHost.length === 0 ? null : take(4 * onHost.length)
  if (table !== null) tfjs.queue.writeBuffer(table, 0, Float32Array.from(onHost))
  let next = 0
  return numbers.flatMap(({ name, order, value }): readonly MemoryCopy[] => {
    const [from, fromOffset] = typeof value === 'number' ? [table, 4 * next++] : [bufferOf(tfjs, value), 0]
    const leaf = order === null ? -1 : leaves.get(order)
    if (from === null || leaf === undefined) return [] // no kernel of this job reads it
    return [{ from, fromOffset, to: totals, toOffset: 4 * (names.length * (1 + leaf) + names.indexOf(name)), bytes: 4 }]
  })
}

export const callsOf = (tfjs: TfjsWebgpu, job: Job<Tensor>, take: TakeMemory): Calls => {
  const { device } = tfjs
  const { plan, groups, scalars } = job
  const names = [...plan.totals, ...plan.given].map(({ name }) => name)
  const places = placesOf(job)
  const hasTotals = names.length > 0
  const totals = hasTotals ? take(4 * places.totals) : null
  const partials = hasTotals ? take(4 * Math.max(1, places.partials)) : null
  const limit = sizeAtMost(device)
  const calls: Dispatch[] = []
  const copies: MemoryCopy[] = totals === null ? [] : givenCopies(tfjs, job, names, places, totals, take)

  const relays = new Map<number, ReadonlyMap<string, GPUBuffer>>()
  /** the memory of the relays of a leaf, for what is written and what is read */
  const relaysOf = ({ of }: Group<Tensor>, { order, size }: LeafRun<Tensor>): ReadonlyMap<string, GPUBuffer> => {
    const known = relays.get(order)
    if (known !== undefined) return known
    const made = new Map(
      of.relays.flatMap(relay => {
        const buffer = take(4 * size)
        return [[relay, buffer] as const, [written(relay), buffer] as const]
      }),
    )
    relays.set(order, made)
    return made
  }

  const runLeaf = (
    group: Group<Tensor>,
    g: number,
    leaf: LeafRun<Tensor>,
    row: number,
    lowered: Lowered,
    uniforms: readonly number[],
  ) => {
    const bytes = 4 * leaf.size
    if (bytes > limit)
      throw tooLarge(`a tensor of shape ${showShape([...leaf.writes, ...leaf.reads][0]?.shape ?? [])}`, bytes, limit)
    const streams = [...group.of.reads, ...group.of.writes]
    const buffers = [...leaf.reads, ...leaf.writes].map(tensor => bufferOf(tfjs, tensor))
    const areTfjs = [...leaf.reads, ...leaf.writes].every(({ dataId }) => tfjs.tensorMap.get(dataId)?.external !== true)
    const memory = new Map([...streams.map((stream, i) => [stream, buffers[i]] as const), ...relaysOf(group, leaf)])
    const { shaders, parts } = shadersOf(device, lowered.kernel, names, homesOf(streams, buffers, leaf.reads.length))
    parts.forEach(part => memory.set(part, take(bytes)))
    const saved = new Map<string, GPUBuffer>()
    const old = (stream: string): GPUBuffer | undefined => {
      const [from, known] = [memory.get(stream), saved.get(stream)]
      if (known !== undefined || from === undefined) return known
      const to = take(bytes)
      copies.push({ from, fromOffset: 0, to, toOffset: 0, bytes })
      saved.set(stream, to)
      return to
    }
    for (const { kernel, shader, pipeline, copied } of shaders) {
      const reduces = shader.partials
      const workgroups = reduces ? reducersOf(leaf.size) : Math.ceil(leaf.size / workgroup)
      const [x, y] = grid(workgroups, device)
      const numbers = [
        leaf.size,
        x * workgroup,
        names.length * (1 + (places.leaves.get(leaf.order) ?? 0)),
        ...kernel.reductions.map(({ total }) => places.firsts[g]?.get(total)?.[row] ?? 0),
      ]
      calls.push({
        pipeline,
        groups: [x, y],
        areTfjs,
        words: words(numbers, [Infinity, ...uniforms]),
        buffers: [
          ...shader.streams.map(stream => (copied.has(stream) ? old(stream) : memory.get(stream))),
          ...(shader.totals ? [totals] : []),
          ...(reduces ? [partials] : []),
        ].flatMap(buffer => buffer ?? []),
      })
    }
  }

  plan.sweeps.flat().forEach(pass => {
    groups.forEach((group, g) => {
      const lowered = group.of.passes[pass] ?? null
      if (lowered === null) return
      const uniforms = uniformsOf(lowered, scalars)
      group.leaves.forEach((leaf, row) => runLeaf(group, g, leaf, row, lowered, uniforms.of(leaf)))
    })
    const segments = places.segments[pass] ?? []
    if (segments.length === 0 || partials === null || totals === null) return
    calls.push({
      pipeline: pipelineOf(device, foldWgsl),
      groups: grid(segments.length, device),
      words: Uint32Array.from(segments.flatMap(wordsOf)),
      buffers: [partials, totals],
      areTfjs: true,
    })
  })
  return { calls, copies }
}
