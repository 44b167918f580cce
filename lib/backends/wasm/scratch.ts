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
}

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
    const { passes, reads, writes } = of
    const kernels = passes.flatMap(pass => (pass === null ? [] : [pass.kernel]))
    const reductions = Math.max(0, ...kernels.map(kernel => kernel.reductions.length))
    const numbers = Math.max(0, ...kernels.map(kernel => kernel.uniforms)) + totalNames(plan, 'tree').length
    const stride = 4 * (rowHead + reads.length + writes.length)
    return {
      rows: take(stride * leaves.length),
      stride,
      lanes: take(laneBytes * reductions * leaves.length),
      leafNumbers: take(4 * leafWidth(plan, of) * leaves.length),
      uniforms: take(4 * numbers),
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
  })
}
