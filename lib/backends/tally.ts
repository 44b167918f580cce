/** Collects the totals of a step where the host computes them. */
import type { Plan } from '../plan/plan.js'
import type { Job } from './device.js'

/** The totals and given numbers of a step. */
export interface Tally {
  readonly add: (total: string, reduce: 'sum' | 'max', order: number, value: number) => void
  /** of one leaf */
  readonly leaf: (total: string, order: number) => number
  /** of the whole tree, rounded to float32 */
  readonly tree: (total: string) => number
}

const ofNothing = (reduce: 'sum' | 'max'): number => (reduce === 'sum' ? 0 : -Infinity)

/**
 * The tally of a job; `read` gives the number that a device holds. Totals of the tree are reduced in tree order, whatever
 * the order of classes.
 */
export const tally = <H extends object>(
  { plan, numbers }: Pick<Job<H>, 'plan' | 'numbers'>,
  read: (held: H) => number,
): Tally => {
  const parts = new Map<string, { readonly reduce: 'sum' | 'max'; readonly values: Map<number, number> }>()
  const given = new Map<string, number>()
  const add: Tally['add'] = (total, reduce, order, value) => {
    const known = parts.get(total) ?? { reduce, values: new Map<number, number>() }
    parts.set(total, known)
    known.values.set(order, value)
  }
  for (const { name, order, value } of numbers) {
    const number = typeof value === 'number' ? value : read(value)
    if (order === null) given.set(name, Math.fround(number))
    else add(name, 'sum', order, number)
  }
  return {
    add,
    leaf: (total, order) => parts.get(total)?.values.get(order) ?? ofNothing(reduceOf(plan, total)),
    tree: total => {
      const known = given.get(total)
      if (known !== undefined) return known
      const { reduce, values } = parts.get(total) ?? {
        reduce: reduceOf(plan, total),
        values: new Map<number, number>(),
      }
      const ordered = [...values].sort(([a], [b]) => a - b)
      const value =
        reduce === 'sum'
          ? ordered.reduce((sum, [, part]) => sum + part, 0)
          : ordered.reduce((most, [, part]) => Math.max(most, part), -Infinity)
      return Math.fround(value)
    },
  }
}

const reduceOf = ({ totals }: Plan, name: string): 'sum' | 'max' =>
  totals.find(total => total.name === name)?.reduce ?? 'sum'
