/** A job on any WebAssembly memory, its parts and the values of its tensors one after the other from some address on. */
import { uniformsOf } from '../../lib/backends/uniforms.js'
import type { HeldArray } from '../../lib/backends/cpu/block.js'
import type { Group as GroupOf, Job as JobOf } from '../../lib/backends/device.js'
import { tally } from '../../lib/backends/tally.js'
import { laneBytes, rowHead } from '../../lib/backends/wasm/body.js'
import { compile } from '../../lib/backends/wasm/compile.js'
import { clearLanes, collectLanes, layoutOf, leafWidth, writeLeafNumbers } from '../../lib/backends/wasm/passes.js'

/** As the device of tfjs's cpu backend is given it. */
export type Job = JobOf<HeldArray>
type Group = GroupOf<HeldArray>

const above = (bytes: number, to: number): number => Math.ceil(bytes / to) * to

interface Placed {
  readonly group: Group
  readonly rows: number
  readonly stride: number
  readonly lanes: number
  readonly leafTotals: number
  readonly uniforms: number
  /** for each leaf the address of every stream: reads, writes, which stand where they replace a tensor, and relays */
  readonly columns: readonly (readonly number[])[]
}

/** Where the parts of each group are, and the first byte behind them. */
const place = ({ plan, groups }: Job, start: number): readonly [readonly Placed[], number] => {
  let at = start
  /** as tensors of tfjs: aligned to eight bytes, not sixteen */
  const take = (bytes: number): number => {
    const from = above(at, 8)
    at = from + bytes
    return from
  }
  const placed = groups.map((group): Placed => {
    const { of, leaves } = group
    const kernels = of.passes.flatMap(pass => (pass === null ? [] : [pass.kernel]))
    const most = (count: (kernel: (typeof kernels)[number]) => number): number => Math.max(0, ...kernels.map(count))
    const stride = 4 * (rowHead + of.reads.length + of.writes.length + 2 * of.relays.length)
    return {
      group,
      stride,
      rows: take(stride * leaves.length),
      lanes: take(laneBytes * most(({ reductions }) => reductions.length) * leaves.length),
      leafTotals: take(4 * leafWidth(plan, of) * leaves.length),
      uniforms: take(4 * (most(({ uniforms }) => uniforms) + plan.totals.length + plan.given.length)),
      columns: leaves.map(({ size, reads, writes }) => {
        const from = reads.map(() => take(4 * size))
        const to = writes.map(tensor => from[reads.indexOf(tensor)] ?? take(4 * size))
        const relays = of.relays.map(() => take(4 * size))
        return [...from, ...to, ...relays, ...relays]
      }),
    }
  })
  return [placed, at]
}

/** How many bytes a job takes. */
export const bytesOf = (job: Job): number => place(job, 0)[1]

/** The bits of every result, group by group and leaf by leaf; no tensor is touched. */
export const runOn = (memory: WebAssembly.Memory, start: number, job: Job): readonly (readonly number[])[] => {
  const [placed, end] = place(job, start)
  new Uint8Array(memory.buffer, start, end - start).fill(0xff) // what nobody writes is NaN
  const totals = tally(job, ({ values }) => values[0] ?? NaN)
  for (const { group, stride, rows, columns } of placed)
    group.leaves.forEach(({ size, reads }, i) => {
      const own = columns[i] ?? []
      new Uint32Array(memory.buffer, rows + stride * i, rowHead + own.length).set([size, 0, 0, ...own])
      reads.forEach(({ values }, k) => {
        new Float32Array(memory.buffer, own[k], size).set(values)
      })
    })
  for (const pass of job.plan.sweeps.flat())
    for (const { group, stride, rows, lanes, leafTotals, uniforms } of placed) {
      const lowered = group.of.passes[pass] ?? null
      if (lowered === null) continue
      const { kernel } = lowered
      const layout = layoutOf(job.plan, group, kernel)
      const width = leafWidth(job.plan, group.of)
      group.leaves.forEach((_, i) => {
        new Uint32Array(memory.buffer, rows + stride * i + 4, 2).set([
          lanes + laneBytes * kernel.reductions.length * i,
          leafTotals + 4 * width * i,
        ])
      })
      clearLanes(memory.buffer, lanes, group.leaves.length, kernel)
      const numbers = uniformsOf(lowered, job.scalars)
      writeLeafNumbers(memory.buffer, { at: leafTotals, width }, group.leaves, lowered, layout, totals, numbers)
      const values = [...numbers.all, ...layout.treeTotals.map(totals.tree)]
      new Float32Array(memory.buffer, uniforms, values.length).set(values)
      compile(kernel, layout, memory)(rows, rows + stride * group.leaves.length, uniforms)
      collectLanes(memory.buffer, lanes, group.leaves, kernel, totals)
    }
  return placed.flatMap(({ group: { leaves }, columns }) =>
    leaves.flatMap(({ size, reads, writes }, i) =>
      writes.map((_, k) => bits(new Float32Array(memory.buffer, columns[i]?.[reads.length + k], size))),
    ),
  )
}

/** The bits of float32 numbers, those of NaN made one. */
export const bits = (values: Iterable<number>): readonly number[] => [
  ...new Uint32Array(Float32Array.from(values, x => (Number.isNaN(x) ? NaN : x)).buffer),
]
