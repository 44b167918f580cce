/** Host memory that the passes of cpu and wasm share: layouts, and the lanes in which totals are reduced. */
import type { Kernel, Lowered } from '../../plan/kernel.js'
import { totalNames } from '../../plan/cellRunner.js'
import { written, type ClassPlan } from '../../plan/class.js'
import type { Plan } from '../../plan/plan.js'
import type { Group, Job, LeafRun } from '../device.js'
import { sumOfLanes } from '../totals.js'
import type { KernelLayout } from './body.js'
import type { Tally } from '../tally.js'
import type { StepUniforms } from '../uniforms.js'
import { laneBytes } from './body.js'
import { compile } from './compile.js'

/** The streams whose addresses a row has, in order. A relay has two, with one address: it is written, later read. */
export const columnsOf = ({ reads, writes, relays }: ClassPlan): readonly string[] => [
  ...reads,
  ...writes,
  ...relays,
  ...relays.map(written),
]

/** A leaf with its index in tree order. */
interface Ordered {
  readonly order: number
}

const layouts = new WeakMap<Kernel, Omit<KernelLayout, 'shared'>>()

/** The layout of a kernel, the same object each time, as `compile` needs. */
export const layoutOf = (plan: Plan, { of }: Pick<Group, 'of'>, kernel: Kernel): Omit<KernelLayout, 'shared'> => {
  const known = layouts.get(kernel)
  if (known !== undefined) return known
  const made = {
    columns: columnsOf(of),
    treeTotals: [
      ...new Set(kernel.nodes.flatMap(node => (node.op === 'total' && node.over === 'tree' ? [node.name] : []))),
    ],
    leafTotals: totalNames(plan, 'leaf'),
  }
  layouts.set(kernel, made)
  return made
}

/** Effects: compiles all passes of a job, so that none fails after an earlier one has written. */
export const compileAll = ({ plan, groups }: Job, memory: WebAssembly.Memory): void => {
  for (const group of groups)
    for (const pass of group.of.passes)
      if (pass !== null) compile(pass.kernel, layoutOf(plan, group, pass.kernel), memory)
}

/** Sets the lanes of some rows to 0 for sums, -infinity for maxima. */
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

/** The numbers in memory for each leaf of a class: its leaf totals, then the uniforms of a pass, if they differ by leaf. */
export const leafWidth = (plan: Plan, { passes }: ClassPlan): number =>
  totalNames(plan, 'leaf').length +
  Math.max(0, ...passes.map(pass => (pass === null || pass.leafUniforms.length === 0 ? 0 : pass.kernel.uniforms)))

/** Where the numbers of leaves are: `width` of them for each leaf. */
interface LeafNumbers {
  readonly at: number
  readonly width: number
}

/** Writes the numbers of some leaves before a pass. */
export const writeLeafNumbers = (
  buffer: ArrayBufferLike,
  { at, width }: LeafNumbers,
  leaves: readonly LeafRun[],
  { leafUniforms }: Lowered,
  { leafTotals }: Omit<KernelLayout, 'shared'>,
  totals: Tally,
  uniforms: StepUniforms,
): void => {
  const byLeaf = leafUniforms.length > 0
  if (leafTotals.length === 0 && !byLeaf) return
  const words = new Float32Array(buffer, at, width * leaves.length)
  leaves.forEach((leaf, row) => {
    leafTotals.forEach((name, k) => (words[width * row + k] = totals.leaf(name, leaf.order)))
    if (byLeaf) words.set(uniforms.of(leaf), width * row + leafTotals.length)
  })
}

/** Adds the lanes of some rows to the totals, after a pass. */
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
