/** Where the totals of a job stand, and the parts that the workgroups of each leaf leave of them. */
import type { Job } from '../device.js'
import type { PartialTotals } from './fold.js'
import { workgroup } from './generate.js'

export interface TotalPlaces {
  /** numbers of the memory for totals: those of the tree, then for each leaf */
  readonly totals: number
  readonly partials: number
  /** for each group and total, where the parts of each leaf begin */
  readonly firsts: readonly ReadonlyMap<string, readonly number[]>[]
  /** for each group the number of leaves before it */
  readonly before: readonly number[]
  /** for each pass what becomes of its parts */
  readonly segments: readonly (readonly PartialTotals[])[]
}

/** Elements of a thread before another workgroup is put on a leaf, and workgroups of a leaf at most. */
const [elementsPerThread, workgroupsAtMost] = [4, 256]

/** The workgroups that reduce a leaf of this size. */
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
