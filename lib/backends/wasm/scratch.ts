/** The memory of a job beside its tensors: a table of addresses for each group, lanes, totals and uniforms. */
import { totalNames } from '../../plan/cellRunner.js'
import type { Plan } from '../../plan/plan.js'
import type { Group, Job } from '../device.js'
import { laneBytes, rowHead } from './body.js'
import { leafWidth } from './passes.js'

/** Byte offsets of the parts of a group's scratch memory. */
export interface ScratchPlace {
  readonly rows: number
  readonly stride: number
  readonly lanes: number
  readonly leafNumbers: number
  readonly uniforms: number
  /** of the first relay, with the bytes of each, and where in it the elements of each leaf are */
  readonly relays: number
  readonly relayBytes: number
  readonly relayStarts: readonly number[]
}

/** Ranges of leaves that go through all passes of a sweep together. */
type Chunks = readonly (readonly [from: number, to: number])[]

/**
 * Chunks of a sweep with several passes have at most this many elements, unless one leaf has more: the second pass then
 * finds the leaves in the cache.
 */
const chunkSize = 32768

export const chunksOf = (leaves: readonly { readonly size: number }[], passes: number): Chunks => {
  if (passes === 1) return [[0, leaves.length]]
  const chunks: [number, number][] = []
  let size = Infinity
  leaves.forEach((leaf, i) => {
    const last = chunks.at(-1)
    if (last === undefined || size + leaf.size > chunkSize) {
      chunks.push([i, i + 1])
      size = leaf.size
    } else {
      last[1] = i + 1
      size += leaf.size
    }
  })
  return chunks
}

/** Where the elements of each leaf are in a relay, and how many it has. Chunks, where given, follow one another in it. */
const relayPlaces = (leaves: readonly { readonly size: number }[], chunks: Chunks | null) => {
  const starts: number[] = []
  let size = 0
  for (const [from, to] of chunks ?? [[0, leaves.length]]) {
    let next = 0
    for (const leaf of leaves.slice(from, to)) {
      starts.push(next)
      next += leaf.size
    }
    size = Math.max(size, next)
  }
  return { starts, size }
}

const noRelays = { starts: [], size: 0 }

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16

/** The scratch memory of a job: the places of each group, and the bytes in all. */
export const scratchOf = ({ plan, groups }: Job): { readonly of: readonly ScratchPlace[]; readonly bytes: number } => {
  let bytes = 0
  const take = (size: number): number => {
    const at = bytes
    bytes = align(bytes + size)
    return at
  }
  const of = groups.map(({ of, leaves }): ScratchPlace => {
    const { passes, reads, writes, relays } = of
    const kernels = passes.flatMap(pass => (pass === null ? [] : [pass.kernel]))
    const reductions = Math.max(0, ...kernels.map(kernel => kernel.reductions.length))
    const numbers = Math.max(0, ...kernels.map(kernel => kernel.uniforms)) + totalNames(plan, 'tree').length
    const stride = 4 * (rowHead + reads.length + writes.length + 2 * relays.length)
    const relayed =
      relays.length === 0
        ? noRelays
        : relayPlaces(leaves, plan.sweeps.length === 1 ? chunksOf(leaves, passes.length) : null)
    const relayBytes = align(4 * relayed.size)
    return {
      rows: take(stride * leaves.length),
      stride,
      lanes: take(laneBytes * reductions * leaves.length),
      leafNumbers: take(4 * leafWidth(plan, of) * leaves.length),
      uniforms: take(4 * numbers),
      relays: take(relayBytes * relays.length),
      relayBytes,
      relayStarts: relayed.starts,
    }
  })
  return { of, bytes }
}

/** A tensor by its address. */
interface Addressed {
  readonly memoryOffset: number
}

/** Writes the table of a group. */
export const writeRows = (
  memory: WebAssembly.Memory,
  start: number,
  place: ScratchPlace,
  { of, leaves }: Group<Addressed>,
  plan: Plan,
): void => {
  const words = new Uint32Array(memory.buffer, start + place.rows, (place.stride / 4) * leaves.length)
  const width = leafWidth(plan, of)
  let at = 0
  leaves.forEach(({ size, reads, writes }, row) => {
    words[at] = size
    words[at + 1] = 0 // each pass sets the address of its lanes
    words[at + 2] = start + place.leafNumbers + 4 * width * row
    at += rowHead
    for (const { memoryOffset } of reads) words[at++] = memoryOffset
    for (const { memoryOffset } of writes) words[at++] = memoryOffset
    if (of.relays.length === 0) return
    const relay = start + place.relays + 4 * (place.relayStarts[row] ?? 0)
    for (let twice = 0; twice < 2; twice++) of.relays.forEach((_, k) => (words[at++] = relay + place.relayBytes * k))
  })
}
