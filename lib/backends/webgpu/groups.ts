/**
 * Bind groups that later steps use again: a donated step has the same buffers as the one before, tfjs hands out the same
 * few to others, and to make a group takes the host longer than to dispatch it.
 */
import type { Dispatch } from './calls.js'

interface KnownGroups {
  readonly layout: GPUBindGroupLayout
  /** those of late, and those before them, which are dropped unless they are asked for again */
  recent: Map<string, GPUBindGroup>
  older: Map<string, GPUBindGroup>
}

/** Groups of one age for a pipeline. A dropped one is made anew; a kept one holds on to its buffers. */
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

/** The group that binds these from 0 on. What is not tfjs's is held by no group that is kept, so that it can be freed. */
export const bindGroupOf = (
  device: GPUDevice,
  numbers: StepNumbers,
  { pipeline, buffers, areOurs }: Pick<Dispatch, 'pipeline' | 'buffers' | 'areOurs'>,
): GPUBindGroup => {
  const own = knownOf(pipeline)
  if (!areOurs) return make(device, own.layout, numbers, buffers)
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
