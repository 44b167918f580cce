/** The layout of a job's totals in memory, and of the partial results from which they are reduced. */
import type { Job } from '../device.js'
import type { PartialTotals } from './fold.js'
import { workgroup } from './generate.js'

export interface TotalPlaces {
  /** the number of totals in memory: those of the tree, then those of each leaf */
  readonly totals: number
  /** the number of partial results */
  readonly partials: number
  /** for each group and total, the index of the first partial result of each leaf */
  readonly firsts: readonly ReadonlyMap<string, readonly number[]>[]
  /** the index of each leaf among those with totals, by its index in tree order */
  readonly leaves: ReadonlyMap<number, number>
  /** for each pass, the ranges of its partial results and their totals */
  readonly segments: readonly (readonly PartialTotals[])[]
}

/** The elements of a thread before a leaf gets another workgroup, and the most workgroups of a leaf. */
const [elementsPerThread, workgroupsAtMost] = [4, 256]

/** The number of workgroups that reduce a leaf of this size. */
export const reducersOf = (size: number): number =>
  Math.min(workgroupsAtMost, Math.ceil(size / (workgroup * elementsPerThread)))

export const placesOf = ({ plan, groups }: Job): TotalPlaces => {
  const leaves = new Map<number, number>()
  for (const group of groups) for (const { order } of group.leaves) leaves.set(order, leaves.get(order) ?? leaves.size)
  const width = plan.totals.length + plan.given.length
  const firsts = groups.map(() => new Map<string, readonly number[]>())
  const segments: PartialTotals[][] = Array.from({ length: plan.sweeps.flat().length }, () => [])
  let partials = 0
  plan.totals.forEach(({ name, over, reduce, pass }, place) => {
    const begin = partials
    const left = new Set(over === 'leaf' ? leaves.keys() : [])
    groups.forEach((group, g) => {
      const kernel = group.of.passes[pass]?.kernel
      if (kernel?.reductions.some(({ total }) => total === name) !== true) return
      firsts[g]?.set(
        name,
        group.leaves.map(({ size, order }) => {
          const [first, count] = [partials, reducersOf(size)]
          partials += count
          if (over === 'leaf') {
            left.delete(order)
            segments[pass]?.push({ first, count, reduce, to: width * (1 + (leaves.get(order) ?? 0)) + place })
          }
          return first
        }),
      )
    })
    if (over === 'tree') segments[pass]?.push({ first: begin, count: partials - begin, reduce, to: place })
    // Other leaves have the total of no elements.
    for (const order of left)
      segments[pass]?.push({ first: 0, count: 0, reduce, to: width * (1 + (leaves.get(order) ?? 0)) + place })
  })
  return { totals: width * (1 + leaves.size), partials, firsts, leaves, segments }
}
