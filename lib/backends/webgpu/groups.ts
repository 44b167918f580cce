/**
 * Bind groups that later steps use again: a donated step has the same buffers as the one before, tfjs hands out the same
 * few to others, and to make a group takes the host longer than to dispatch it.
 */

interface Known {
  readonly layout: GPUBindGroupLayout
  /** those of late, and those before them, which are dropped unless they are asked for again */
  recent: Map<string, GPUBindGroup>
  older: Map<string, GPUBindGroup>
}

/** Groups of one age for a pipeline. A dropped one is made anew; a kept one keeps no memory that tfjs has given back. */
const groupsAtMost = 1024

const known = new WeakMap<GPUComputePipeline, Known>()
const ids = new WeakMap<GPUBuffer, number>()
let last = 0

const idOf = (buffer: GPUBuffer): number => {
  const id = ids.get(buffer) ?? ++last
  ids.set(buffer, id)
  return id
}

const knownOf = (pipeline: GPUComputePipeline): Known => {
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

/** The group that binds these from 0 on. */
export const bindGroupOf = (
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  numbers: { readonly buffer: GPUBuffer; readonly offset: number; readonly size: number },
  buffers: readonly GPUBuffer[],
): GPUBindGroup => {
  const own = knownOf(pipeline)
  let key = `${idOf(numbers.buffer)} ${numbers.offset} ${numbers.size}`
  for (const buffer of buffers) key += ` ${idOf(buffer)}`
  const found = own.recent.get(key)
  if (found !== undefined) return found
  const resources = [numbers, ...buffers.map(buffer => ({ buffer }))]
  const entries = resources.map((resource, binding) => ({ binding, resource }))
  const group = own.older.get(key) ?? device.createBindGroup({ layout: own.layout, entries })
  if (own.recent.size >= groupsAtMost) {
    own.older = own.recent
    own.recent = new Map()
  }
  own.recent.set(key, group)
  return group
}
