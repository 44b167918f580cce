/** The gradient trees of this rank's replicas, taken apart for a sum, and the tree of the sums. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { notReplicas } from '../errors.js'
import { notReducible, sameArrayTwice } from '../errors/mpi.js'
import { distinctNames } from '../tree/firstName.js'
import { alignTo, build, flatten, pathAt, type Structure } from '../tree/structure.js'
import { isTensor, showShape } from '../tree/tensors.js'
import type { Collecting, Communicator } from './communicator.js'
import { summed, type Summands, type SumOrder } from './sum.js'
import { agree } from './texts.js'
import { tensorOf } from './values.js'

/** A leaf whose numbers are added; null sits out. */
export type Addend = Tensor | Float32Array | null

export interface Replicas32 {
  readonly structure: Structure
  /** the leaves of each replica; all have the same forms */
  readonly leaves: readonly (readonly Addend[])[]
  /** for each leaf its name and form, which all ranks must have alike */
  readonly lines: readonly string[]
}

const formOf = (leaf: Addend): string =>
  leaf === null ? 'null' : isTensor(leaf) ? `float32 ${showShape(leaf.shape)}` : `Float32Array of ${leaf.length}`

const addends = (who: string, structure: Structure, leaves: readonly unknown[]): readonly Addend[] =>
  leaves.map((leaf, i) => {
    if (leaf === null || leaf === undefined) return null
    if (leaf instanceof Float32Array || (isTensor(leaf) && leaf.dtype === 'float32' && !leaf.isDisposed)) return leaf
    const got = isTensor(leaf) ? (leaf.isDisposed ? 'a disposed tensor' : `a tensor of ${leaf.dtype}`) : leaf
    throw notReducible(who, pathAt(structure, i), got)
  })

/** Takes trees apart; throws if one of them has another structure or forms than the first. */
export const takeApart = (who: string, trees: readonly unknown[]): Replicas32 => {
  if (trees.length === 0) throw notReplicas(who, trees)
  const { structure, leaves } = flatten(trees[0], who, 'the tree')
  const lines = (own: readonly Addend[]): readonly string[] => {
    const names = distinctNames(structure, own)
    return own.map((leaf, i) => `leaf ${names[i] ?? ''}, ${formOf(leaf)}`)
  }
  const first = addends(who, structure, leaves)
  const expected = lines(first)
  const all = trees.map((tree, r) => {
    if (r === 0) return first
    const names = { who, what: `replica ${r}`, than: 'replica 0' }
    const own = addends(who, structure, alignTo(structure, tree, names))
    lines(own).forEach((line, i) => {
      if (line !== expected[i]) throw notReducible(`${who}: replica ${r}`, pathAt(structure, i), line)
    })
    return own
  })
  refuseSameArray(who, all, expected)
  return { structure, leaves: all, lines: expected }
}

/** The sum of an array takes its place, so it must be in one place. */
const refuseSameArray = (who: string, all: readonly (readonly Addend[])[], lines: readonly string[]): void => {
  const places = new Map<Float32Array, string>()
  all.forEach((leaves, r) => {
    leaves.forEach((leaf, i) => {
      if (!(leaf instanceof Float32Array)) return
      const place = `${all.length > 1 ? `replica ${r}, ` : ''}${lines[i] ?? ''}`
      const first = places.get(leaf)
      if (first !== undefined) throw sameArrayTwice(who, first, place)
      places.set(leaf, place)
    })
  })
}

export interface HowToReduce {
  readonly op: 'sum' | 'mean'
  readonly order: SumOrder
}

/** The sums or means of all leaves over all replicas of all ranks; `lines` describe the leaves. */
export const reducing = function* (
  comm: Communicator,
  who: string,
  lines: readonly string[],
  summands: Summands,
  { op, order }: HowToReduce,
): Collecting<readonly Float32Array[]> {
  const own = summands.replicas.length
  // In a fixed order all ranks must have as many replicas.
  const replicas = order === 'fixed' ? `, ${own} replicas in a fixed order` : ''
  yield* agree(comm, who, `${who}, ${op}${replicas}`, lines)
  const totals = yield* summed(comm, who, summands, order)
  if (op === 'sum') return totals
  const count = order === 'fixed' ? own * comm.size : yield* countOf(comm, who, own)
  if (count !== 1) totals.forEach(total => divide(total, count))
  return totals
}

const countOf = function* (comm: Communicator, who: string, own: number): Collecting<number> {
  if (comm.size === 1) return own
  const data = Float32Array.of(own)
  yield { collective: { op: 'sum', data }, what: `the count of replicas of ${who}` }
  return data[0] ?? own
}

const divide = (values: Float32Array, by: number): void => {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / by
}

/** The tree with these numbers in place of those of its leaves. */
export const rebuilt = ({ structure, leaves: [first = []] }: Replicas32, totals: readonly Float32Array[]): unknown => {
  let next = 0
  const made = first.map(leaf => {
    if (leaf === null) return null
    const total = totals[next++] ?? new Float32Array()
    return isTensor(leaf) ? tensorOf(total, leaf.shape, 'float32') : total
  })
  return build(structure, made)
}
