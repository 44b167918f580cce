/** Collects the totals of a step where the host computes them. */

/** The totals of a step. */
export interface Tally {
  readonly add: (total: string, reduce: 'sum' | 'max', order: number, value: number) => void
  /** of one leaf */
  readonly leaf: (total: string, order: number) => number
  /** of the whole tree, rounded to float32 */
  readonly tree: (total: string) => number
}

/** Totals of the tree are reduced in tree order, whatever the order of classes. */
export const tally = (): Tally => {
  const parts = new Map<string, { readonly reduce: 'sum' | 'max'; readonly values: Map<number, number> }>()
  return {
    add: (total, reduce, order, value) => {
      const known = parts.get(total) ?? { reduce, values: new Map<number, number>() }
      parts.set(total, known)
      known.values.set(order, value)
    },
    leaf: (total, order) => parts.get(total)?.values.get(order) ?? 0,
    tree: total => {
      const { reduce = 'sum', values = new Map<number, number>() } = parts.get(total) ?? {}
      const ordered = [...values].sort(([a], [b]) => a - b)
      const value =
        reduce === 'sum'
          ? ordered.reduce((sum, [, part]) => sum + part, 0)
          : ordered.reduce((most, [, part]) => Math.max(most, part), -Infinity)
      return Math.fround(value)
    },
  }
}
