/**
 * Interprets jobs over few numbers in JavaScript, with the same bits as compiled kernels. A run of a hundred steps on
 * five parameters would end before compiled code had repaid its compilation, so a plan is compiled only when
 * interpreting it has cost about as much.
 */
import { written } from '../plan/class.js'
import type { Kernel, Node } from '../plan/kernel.js'
import type { Plan } from '../plan/plan.js'
import type { HostArray } from './cpu/own.js'
import type { Group, Job, LeafRun } from './device.js'
import { elementsOf, onHostValues, type HostValue } from './host.js'
import { laneSum, greatest } from './totals.js'
import { tally, type Tally } from './tally.js'
import { uniformsOf, type StepUniforms } from './uniforms.js'

/** The cost of a leaf beside its elements, in elements. */
const ofLeaf = 16
/** The elements of a plan that are interpreted before it is compiled, and those of one step at most. */
let budget = 16_384
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
  return cost <= mostPerStep && (spent.get(job.plan) ?? 0) + cost < budget
}

/** Effect: a plan is compiled at its next step, whatever its size. */
export const neverSmall = (plan: Plan): void => {
  spent.set(plan, Infinity)
}

/** The numbers of a tensor that a device holds. */
type NumbersOf<H> = (held: H, size: number) => HostArray

/** The relays of a group that are written so far, by name. */
type Relays = Map<string, Float32Array>

const noRelays = (): Relays => new Map()

/** Effects: the values of every write of a job, and the cost spent on its plan. */
export const interpretJob = <H extends object>(job: Job<H>, numbersOf: NumbersOf<H>): void => {
  const { plan, groups, scalars } = job
  spent.set(plan, (spent.get(plan) ?? 0) + costOf(job))
  const totals = tally(job, held => numbersOf(held, 1)[0] ?? NaN)
  const relays = groups.map(noRelays)
  for (const sweep of plan.sweeps)
    for (const [g, group] of groups.entries())
      for (const pass of sweep) {
        const lowered = group.of.passes[pass] ?? null
        if (lowered === null) continue
        const uniforms = uniformsOf(lowered, scalars)
        interpretPass(lowered.kernel, uniforms, group, totals, relays[g] ?? noRelays(), numbersOf)
      }
}

/**
 * Node by node over the elements of all leaves of a group, one leaf after the other. Effect: sets the relays that the
 * kernel writes, as streams of the group.
 */
const interpretPass = <H extends object>(
  kernel: Kernel,
  uniforms: StepUniforms,
  { of, leaves }: Group<H>,
  totals: Tally,
  relays: Relays,
  numbersOf: NumbersOf<H>,
): void => {
  let size = 0
  const starts = leaves.map(leaf => (size += leaf.size) - leaf.size)
  const values: HostValue[] = []
  const at = (node: number): HostValue => values[node] ?? NaN

  /** the elements of a group, each leaf's set by `set` from its start on */
  const joined = (set: (to: Float32Array, leaf: LeafRun<H>, start: number) => void): Float32Array => {
    const made = new Float32Array(size)
    leaves.forEach((leaf, l) => {
      set(made, leaf, starts[l] ?? 0)
    })
    return made
  }
  const load = (column: number): Float32Array =>
    joined((to, leaf, start) => {
      const held = leaf.reads[column]
      if (held !== undefined) copy(numbersOf(held, leaf.size), 0, to, start, leaf.size)
    })
  const byLeaf = (value: (leaf: LeafRun<H>) => number): Float32Array =>
    joined((to, leaf, start) => to.fill(value(leaf), start, start + leaf.size))
  const leafUniforms = (index: number): Float32Array => byLeaf(leaf => uniforms.of(leaf)[index] ?? NaN)
  const leafTotals = (name: string): Float32Array => byLeaf(({ order }) => totals.leaf(name, order))
  const valueOf = (node: Node): HostValue => {
    switch (node.op) {
      case 'lit':
        return node.value
      case 'uniform':
        return node.over === undefined ? (uniforms.all[node.index] ?? NaN) : leafUniforms(node.index)
      case 'total':
        return node.over === 'tree' ? totals.tree(node.name) : leafTotals(node.name)
      case 'read':
        return relays.get(node.stream) ?? load(of.reads.indexOf(node.stream))
      case 'sqrt':
      case 'abs':
      case 'isFinite':
        return onHostValues[node.op](at(node.a))
      case 'select':
        return onHostValues.select(at(node.cond), at(node.a), at(node.b))
      default:
        return onHostValues[node.op](at(node.a), at(node.b))
    }
  }
  for (const node of kernel.nodes) values.push(valueOf(node))

  for (const { stream, value } of kernel.writes) {
    const made = elementsOf(at(value), size)
    const column = of.writes.indexOf(stream)
    const relay = of.relays.find(name => written(name) === stream)
    if (relay !== undefined) relays.set(relay, made)
    leaves.forEach((leaf, l) => {
      const held = leaf.writes[column]
      if (held !== undefined) copy(made, starts[l] ?? 0, numbersOf(held, leaf.size), 0, leaf.size)
    })
  }
  for (const { total, reduce, value } of kernel.reductions) {
    const made = elementsOf(at(value), size)
    leaves.forEach((leaf, l) => {
      const from = starts[l] ?? 0
      const terms = made.subarray(from, from + leaf.size)
      totals.add(total, reduce, leaf.order, reduce === 'sum' ? laneSum(terms) : greatest(terms))
    })
  }
}

const copy = (from: HostArray, start: number, to: HostArray, at: number, count: number): void => {
  for (let i = 0; i < count; i++) to[at + i] = from[start + i] ?? NaN
}
