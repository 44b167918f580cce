/**
 * The passes of a job on host memory, whoever owns it: uniforms before each pass, totals after it. A sweep goes over
 * chunks of leaves, so that where a leaf's own total stands between two passes, the second finds the leaf in the cache.
 */
import type { Kernel } from '../../plan/kernel.js'
import type { Plan } from '../../plan/plan.js'
import type { Group, Job } from '../device.js'
import { sumOfLanes } from '../totals.js'
import type { KernelLayout } from './body.js'
import type { Tally } from '../tally.js'
import { laneBytes } from './body.js'
import { compile } from './compile.js'

/** A leaf by its place in tree order. */
interface Ordered {
  readonly order: number
}

const layouts = new WeakMap<Kernel, Omit<KernelLayout, 'shared'>>()

/** One object per kernel of a plan. */
export const layoutOf = (plan: Plan, { of }: Pick<Group, 'of'>, kernel: Kernel): Omit<KernelLayout, 'shared'> => {
  const known = layouts.get(kernel)
  if (known !== undefined) return known
  const made = {
    columns: [...of.reads, ...of.writes],
    treeTotals: [
      ...new Set(kernel.nodes.flatMap(node => (node.op === 'total' && node.over === 'tree' ? [node.name] : []))),
    ],
    leafTotals: plan.totals.flatMap(({ name, over }) => (over === 'leaf' ? [name] : [])),
  }
  layouts.set(kernel, made)
  return made
}

/** Effects: the code of every pass is there, so that no later one fails where an earlier one has written. */
export const compileAll = ({ plan, groups }: Job, memory: WebAssembly.Memory): void => {
  for (const group of groups)
    for (const pass of group.of.passes)
      if (pass !== null) compile(pass.kernel, layoutOf(plan, group, pass.kernel), memory)
}

/** Sets the lanes of some rows to what a reduction begins with. */
export const clearLanes = (buffer: ArrayBufferLike, lanes: number, rows: number, { reductions }: Kernel): void => {
  if (reductions.length === 0) return
  const words = new Float32Array(buffer, lanes, (rows * reductions.length * laneBytes) / 4)
  words.fill(0)
  if (reductions.every(({ reduce }) => reduce === 'sum')) return
  for (let row = 0; row < rows; row++)
    reductions.forEach(({ reduce }, k) => {
      const from = ((row * reductions.length + k) * laneBytes) / 4
      if (reduce === 'max') words.fill(-Infinity, from, from + laneBytes / 4)
    })
}

/** Writes the totals of some leaves to their rows, `stride` bytes each; a row has one for each name. */
export const writeLeafTotals = (
  buffer: ArrayBufferLike,
  at: number,
  leaves: readonly Ordered[],
  names: readonly string[],
  totals: Tally,
): void => {
  if (names.length === 0) return
  const words = new Float32Array(buffer, at, names.length * leaves.length)
  leaves.forEach(({ order }, row) => {
    names.forEach((name, k) => (words[names.length * row + k] = totals.leaf(name, order)))
  })
}

/** What the lanes of some rows hold after a pass. */
export const collectLanes = (
  buffer: ArrayBufferLike,
  lanes: number,
  leaves: readonly Ordered[],
  { reductions }: Kernel,
  totals: Tally,
): void => {
  if (reductions.length === 0) return
  const sums = new Float64Array(buffer, lanes, (leaves.length * reductions.length * laneBytes) / 8)
  const greatest = new Float32Array(buffer, lanes, (leaves.length * reductions.length * laneBytes) / 4)
  leaves.forEach(({ order }, row) => {
    reductions.forEach(({ total, reduce }, k) => {
      const at = (row * reductions.length + k) * laneBytes
      const value =
        reduce === 'sum'
          ? sumOfLanes(sums, at / 8)
          : greatest.subarray(at / 4, (at + laneBytes) / 4).reduce((most, x) => Math.max(most, x), -Infinity)
      totals.add(total, reduce, order, value)
    })
  })
}
