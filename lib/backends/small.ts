/**
 * Interprets jobs over few numbers in JavaScript, with the same bits as compiled kernels. A run of a hundred steps on
 * five parameters would end before compiled code had repaid its compilation, so a plan is compiled only when
 * interpreting it has cost about as much.
 */
import type { Kernel, Node } from '../plan/kernel.js'
import type { Plan } from '../plan/plan.js'
import type { HostArray } from './cpu/own.js'
import type { Group, Job } from './device.js'
import { laneSum, greatest } from './totals.js'
import { tally, type Tally } from './tally.js'
import { uniformsOf } from './uniforms.js'

/** The cost of a leaf beside its elements, in elements. */
const ofLeaf = 16
/** The elements of a plan that are interpreted before it is compiled, and those of one step at most. */
let budget = 32_768
const mostPerStep = 2048
const spent = new WeakMap<Plan, number>()

/** Effect: plans are compiled after this many elements from now on; 0 compiles each at once. */
export const interpretAtMost = (elements: number): void => {
  budget = elements
}

const costOf = ({ groups }: Job): number => {
  let cost = 0
  for (const { leaves } of groups) for (const { size } of leaves) cost += size + ofLeaf
  return cost
}

/** Whether a job is cheaper to interpret than to compile. */
export const isSmall = (job: Job): boolean => {
  const cost = costOf(job)
  return cost <= mostPerStep && (spent.get(job.plan) ?? 0) + cost <= budget
}

/** Effect: a plan is compiled at its next step, whatever its size. */
export const neverSmall = (plan: Plan): void => {
  spent.set(plan, NaN) // which no budget allows
}

/** The numbers of a tensor that a device holds. */
type NumbersOf<H> = (held: H, size: number) => HostArray

/** Effects: the values of every write of a job, and the cost spent on its plan. */
export const interpretJob = <H extends object>(job: Job<H>, numbersOf: NumbersOf<H>): void => {
  const { plan, groups, scalars } = job
  spent.set(plan, (spent.get(plan) ?? 0) + costOf(job))
  const totals = tally()
  for (const sweep of plan.sweeps)
    for (const group of groups)
      for (const pass of sweep) {
        const lowered = group.of.passes[pass] ?? null
        if (lowered !== null) interpretPass(lowered.kernel, uniformsOf(lowered, scalars), group, totals, numbersOf)
      }
}

/** Node by node over the elements of all leaves of a group, one after the other: each kind of operation is one loop. */
const interpretPass = <H extends object>(
  kernel: Kernel,
  uniforms: readonly number[],
  { of, leaves }: Group<H>,
  totals: Tally,
  numbersOf: NumbersOf<H>,
): void => {
  let size = 0
  const starts = leaves.map(leaf => (size += leaf.size) - leaf.size)
  const values = new Float32Array(kernel.nodes.length * size)
  const at = (node: number): number => node * size

  const load = (stream: string, to: number): void => {
    const column = of.reads.indexOf(stream)
    leaves.forEach((leaf, l) => {
      const held = leaf.reads[column]
      if (held !== undefined) copy(numbersOf(held, leaf.size), 0, values, to + (starts[l] ?? 0), leaf.size)
    })
  }
  kernel.nodes.forEach((node, i) => {
    if (node.op === 'read') load(node.stream, at(i))
    else if (node.op !== 'total') compute(node, values, size, at(i), uniforms)
    else if (node.over === 'tree') values.fill(totals.tree(node.name), at(i), at(i + 1))
    else
      leaves.forEach((leaf, l) => {
        const from = at(i) + (starts[l] ?? 0)
        values.fill(totals.leaf(node.name, leaf.order), from, from + leaf.size)
      })
  })
  for (const { stream, value } of kernel.writes) {
    const column = of.writes.indexOf(stream)
    leaves.forEach((leaf, l) => {
      const held = leaf.writes[column]
      if (held !== undefined) copy(values, at(value) + (starts[l] ?? 0), numbersOf(held, leaf.size), 0, leaf.size)
    })
  }
  for (const { total, reduce, value } of kernel.reductions)
    leaves.forEach((leaf, l) => {
      const from = at(value) + (starts[l] ?? 0)
      const terms = values.subarray(from, from + leaf.size)
      totals.add(total, reduce, leaf.order, reduce === 'sum' ? laneSum(terms) : greatest(terms))
    })
}

const copy = (from: HostArray, start: number, to: HostArray, at: number, count: number): void => {
  for (let i = 0; i < count; i++) to[at + i] = from[start + i] ?? NaN
}

/** Sets `size` values from `to` on to what a node makes of earlier ones; each is rounded to float32 as it is stored. */
const compute = (
  node: Exclude<Node, { readonly op: 'read' | 'total' }>,
  values: Float32Array,
  size: number,
  to: number,
  uniforms: readonly number[],
): void => {
  /** The i-th value of an earlier node. */
  const of = (k: number, i: number): number => values[k * size + i] ?? NaN
  const each = (value: (i: number) => number): void => {
    for (let i = 0; i < size; i++) values[to + i] = value(i)
  }
  switch (node.op) {
    case 'lit':
      values.fill(node.value, to, to + size)
      return
    case 'uniform':
      values.fill(uniforms[node.index] ?? NaN, to, to + size)
      return
    case 'add':
      each(i => of(node.a, i) + of(node.b, i))
      return
    case 'sub':
      each(i => of(node.a, i) - of(node.b, i))
      return
    case 'mul':
      each(i => of(node.a, i) * of(node.b, i))
      return
    case 'div':
      each(i => of(node.a, i) / of(node.b, i))
      return
    case 'sqrt':
      each(i => Math.sqrt(of(node.a, i)))
      return
    case 'abs':
      each(i => Math.abs(of(node.a, i)))
      return
    case 'lt':
      each(i => (of(node.a, i) < of(node.b, i) ? 1 : 0))
      return
    case 'isFinite':
      each(i => (Math.abs(of(node.a, i)) < Infinity ? 1 : 0))
      return
    case 'select':
      each(i => (of(node.cond, i) === 1 ? of(node.a, i) : of(node.b, i)))
  }
}
