/**
 * Caches bind groups, since making one takes the host longer than dispatching it. A donated step has the same buffers
 * as the one before, and tfjs reuses the same few buffers for other steps.
 */
import { recent, type Recent } from '../../recent.js'
import type { Dispatch } from './calls.js'

interface KnownGroups {
  readonly layout: GPUBindGroupLayout
  readonly groups: Recent<GPUBindGroup>
}

/** How many groups a pipeline keeps; limited, since a cached group keeps its buffers in memory. */
const mostGroups = 1024

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
  const made = { layout: pipeline.getBindGroupLayout(0), groups: recent<GPUBindGroup>(mostGroups) }
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
  const { layout, groups } = knownOf(pipeline)
  if (!areTfjs) return make(device, layout, numbers, buffers)
  let key = `${idOf(numbers.buffer)} ${numbers.offset} ${numbers.size}`
  for (const buffer of buffers) key += ` ${idOf(buffer)}`
  const found = groups.get(key)
  if (found !== undefined) return found
  const group = make(device, layout, numbers, buffers)
  groups.set(key, group)
  return group
}
