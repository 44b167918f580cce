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
  /** for each group, the number of leaves in the groups before it */
  readonly before: readonly number[]
  /** for each pass, the ranges of its partial results and their totals */
  readonly segments: readonly (readonly PartialTotals[])[]
}

/** The elements of a thread before a leaf gets another workgroup, and the most workgroups of a leaf. */
const [elementsPerThread, workgroupsAtMost] = [4, 256]

/** The number of workgroups that reduce a leaf of this size. */
export const reducersOf = (size: number): number =>
  Math.min(workgroupsAtMost, Math.ceil(size / (workgroup * elementsPerThread)))

export const placesOf = ({ plan, groups }: Job): TotalPlaces => {
  const before: number[] = []
  let leaves = 0
  for (const group of groups) {
    before.push(leaves)
    leaves += group.leaves.length
  }
  const width = plan.totals.length
  const firsts = groups.map(() => new Map<string, readonly number[]>())
  const segments: PartialTotals[][] = Array.from({ length: plan.sweeps.flat().length }, () => [])
  let partials = 0
  plan.totals.forEach(({ name, over, reduce, pass }, place) => {
    const begin = partials
    groups.forEach((group, g) => {
      const kernel = group.of.passes[pass]?.kernel
      if (kernel?.reductions.some(({ total }) => total === name) !== true) return
      firsts[g]?.set(
        name,
        group.leaves.map(({ size }, row) => {
          const [first, count] = [partials, reducersOf(size)]
          partials += count
          if (over === 'leaf') {
            const to = width * (1 + (before[g] ?? 0) + row) + place
            segments[pass]?.push({ first, count, reduce, to })
          }
          return first
        }),
      )
    })
    if (over === 'tree') segments[pass]?.push({ first: begin, count: partials - begin, reduce, to: place })
  })
  return { totals: width * (1 + leaves), partials, firsts, before, segments }
}
