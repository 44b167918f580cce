/**
 * Interprets jobs over few numbers in JavaScript, element by element, with the same bits as compiled kernels. A run of
 * a hundred steps on five parameters would end before compiled code had repaid its compilation, so a plan is compiled
 * only when interpreting it has cost about as much.
 */
import type { Kernel, Node } from '../plan/kernel.js'
import type { ClassPlan, Plan } from '../plan/plan.js'
import type { HostArray } from './cpu/own.js'
import type { Group, Job, LeafRun } from './device.js'
import { laneSum, greatest } from './totals.js'
import { tally, type Tally } from './tally.js'
import { uniformsOf } from './uniforms.js'

/** The cost of a leaf beside its elements, in elements. */
const ofLeaf = 16
/** The elements of a plan that are interpreted before it is compiled. */
let budget = 16_384
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
export const isSmall = (job: Job): boolean => (spent.get(job.plan) ?? 0) + costOf(job) <= budget

/** Effect: a plan is compiled at its next step, whatever its size. */
export const neverSmall = (plan: Plan): void => {
  spent.set(plan, NaN) // which no budget allows
}

/** Effects: the values of every write of a job, and the cost spent on its plan. */
export const interpretJob = <H extends object>(job: Job<H>, numbersOf: (held: H, size: number) => HostArray): void => {
  const { plan, groups, scalars } = job
  spent.set(plan, (spent.get(plan) ?? 0) + costOf(job))
  const totals = tally()
  for (const sweep of plan.sweeps)
    for (const group of groups) {
      const passes = sweep.flatMap(pass => {
        const lowered = group.of.passes[pass] ?? null
        return lowered === null ? [] : [{ kernel: lowered.kernel, uniforms: uniformsOf(lowered, scalars) }]
      })
      for (const leaf of group.leaves)
        for (const { kernel, uniforms } of passes) interpretKernel(kernel, uniforms, group, leaf, totals, numbersOf)
    }
}

const interpretKernel = <H extends object>(
  kernel: Kernel,
  uniforms: readonly number[],
  { of }: Group<H>,
  leaf: LeafRun<H>,
  totals: Tally,
  numbersOf: (held: H, size: number) => HostArray,
): void => {
  const { size, order } = leaf
  const { nodes, writes, reductions } = kernel
  const reads = leaf.reads.map(held => numbersOf(held, size))
  const written = leaf.writes.map(held => numbersOf(held, size))
  const columns = columnsOf(kernel, of)
  const terms = reductions.map(() => new Float32Array(size))
  const values = new Float32Array(nodes.length)
  const value = (i: number): number => values[i] ?? NaN

  const compute = (node: Node, i: number, element: number): number => {
    switch (node.op) {
      case 'lit':
        return node.value
      case 'uniform':
        return uniforms[node.index] ?? NaN
      case 'total':
        return node.over === 'tree' ? totals.tree(node.name) : totals.leaf(node.name, order)
      case 'read':
        return reads[columns.reads[i] ?? 0]?.[element] ?? NaN
      case 'add':
        return value(node.a) + value(node.b)
      case 'sub':
        return value(node.a) - value(node.b)
      case 'mul':
        return value(node.a) * value(node.b)
      case 'div':
        return value(node.a) / value(node.b)
      case 'sqrt':
        return Math.sqrt(value(node.a))
      case 'abs':
        return Math.abs(value(node.a))
      case 'lt':
        return value(node.a) < value(node.b) ? 1 : 0
      case 'isFinite':
        return Math.abs(value(node.a)) < Infinity ? 1 : 0
      case 'select':
        return value(node.cond) === 1 ? value(node.a) : value(node.b)
    }
  }
  nodes.forEach((node, i) => {
    if (node.rate === 'once') values[i] = compute(node, i, 0)
  })
  for (let element = 0; element < size; element++) {
    for (const i of columns.elements) {
      const node = nodes[i]
      if (node !== undefined) values[i] = compute(node, i, element)
    }
    for (const [k, { value: from }] of writes.entries()) {
      const target = written[columns.writes[k] ?? 0]
      if (target !== undefined) target[element] = value(from)
    }
    for (const [k, { value: from }] of reductions.entries()) {
      const target = terms[k]
      if (target !== undefined) target[element] = value(from)
    }
  }
  for (const [k, { total, reduce }] of reductions.entries()) {
    const of = terms[k]
    if (of !== undefined) totals.add(total, reduce, order, reduce === 'sum' ? laneSum(of) : greatest(of))
  }
}

/** The positions of a kernel's streams among those of its class. */
interface Columns {
  /** by the index of the node */
  readonly reads: readonly number[]
  /** by the index of the write */
  readonly writes: readonly number[]
  /** the nodes that differ from element to element */
  readonly elements: readonly number[]
}

const known = new WeakMap<Kernel, Columns>()

const columnsOf = (kernel: Kernel, of: ClassPlan): Columns => {
  const found = known.get(kernel)
  if (found !== undefined) return found
  const made = {
    reads: kernel.nodes.map(node => (node.op === 'read' ? of.reads.indexOf(node.stream) : -1)),
    writes: kernel.writes.map(({ stream }) => of.writes.indexOf(stream)),
    elements: kernel.nodes.flatMap(({ rate }, i) => (rate === 'element' ? [i] : [])),
  }
  known.set(kernel, made)
  return made
}
