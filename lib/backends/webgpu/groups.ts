/**
 * Caches bind groups, since making one takes the host longer than dispatching it. A donated step has the same buffers
 * as the one before, and tfjs reuses the same few buffers for other steps.
 */
import type { Dispatch } from './calls.js'

interface KnownGroups {
  readonly layout: GPUBindGroupLayout
  /** the current generation and the one before, which is dropped except for groups that are used again */
  recent: Map<string, GPUBindGroup>
  older: Map<string, GPUBindGroup>
}

/** The size of a generation per pipeline; limited, since a cached group keeps its buffers in memory. */
const groupsAtMost = 1024

const known = new WeakMap<GPUComputePipeline, KnownGroups>()
const ids = new WeakMap<GPUBuffer, number>()
let last = 0

const idOf = (buffer: GPUBuffer): number => {
  const id = ids.get(buffer) ?? ++last
  ids.set(buffer, id)
  return id
}

const knownOf = (pipeline: GPUComputePipeline): KnownGroups => {
  const found = known.get(pipeline)
  if (found !== undefined) return found
  const made = {
    layout: pipeline.getBindGroupLayout(0),
    recent: new Map<string, never>(),
    older: new Map<string, never>(),
  }
  known.set(pipeline, made)
  return made
}

/** Numbers of a step within a buffer. */
interface StepNumbers {
  readonly buffer: GPUBuffer
  readonly offset: number
  readonly size: number
}

const make = (device: GPUDevice, layout: GPUBindGroupLayout, numbers: StepNumbers, buffers: readonly GPUBuffer[]) => {
  const resources = [numbers, ...buffers.map(buffer => ({ buffer }))]
  return device.createBindGroup({ layout, entries: resources.map((resource, binding) => ({ binding, resource })) })
}

/**
 * The group that binds the numbers at 0 and the buffers from 1 on. A group with a user's buffer is not cached, so that
 * the buffer can be freed.
 */
export const bindGroupOf = (
  device: GPUDevice,
  numbers: StepNumbers,
  { pipeline, buffers, areTfjs }: Pick<Dispatch, 'pipeline' | 'buffers' | 'areTfjs'>,
): GPUBindGroup => {
  const own = knownOf(pipeline)
  if (!areTfjs) return make(device, own.layout, numbers, buffers)
  let key = `${idOf(numbers.buffer)} ${numbers.offset} ${numbers.size}`
  for (const buffer of buffers) key += ` ${idOf(buffer)}`
  const found = own.recent.get(key)
  if (found !== undefined) return found
  const group = own.older.get(key) ?? make(device, own.layout, numbers, buffers)
  if (own.recent.size >= groupsAtMost) {
    own.older = own.recent
    own.recent = new Map()
  }
  own.recent.set(key, group)
  return group
}
