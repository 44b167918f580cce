/** The inner terms of a frame: the slots of its state, such as `mu` and `nu`, found by walking it. */
import { keptByPath, type Kept } from './kept.js'
import type { Frame } from './frame.js'

/** One slot of a state. */
export interface Term {
  /** its path in the state, such as `1.mu` */
  readonly path: string
  /** the last part of the path */
  readonly name: string
  /** its numbers, those of all parameters in one list; one number for what is kept once */
  readonly values: readonly number[]
}

/** The slots of a frame's state, in the order of its links. */
export const termsOf = ({ state, params }: Frame): readonly Term[] => {
  const leaves = keptByPath(params).map(([path]) => path)
  const found = new Map<string, number[]>()
  for (const [path, kept] of keptByPath(state)) {
    const leaf = leaves.find(one => path.endsWith(`.${one}`))
    const slot = leaf === undefined ? path : path.slice(0, -leaf.length - 1)
    found.set(slot, [...(found.get(slot) ?? []), ...listOf(kept)])
  }
  return [...found].map(([path, values]) => ({ path, name: path.slice(path.lastIndexOf('.') + 1), values }))
}

const listOf = ({ values }: Kept): readonly number[] => Array.from(values)

/** What rules of the package call a mean of gradients. */
const first: readonly string[] = ['mu', 'm', 'm1', 'trace', 'momentum', 'momentumBuffer']
/** What they call a mean or sum of squared gradients. */
const second: readonly string[] = ['nu', 'v', 'nuMax', 'sumOfSquares', 'sum', 'accumulator', 'eG']

const named = (names: readonly string[]) => (frame: Frame) => {
  const terms = termsOf(frame)
  return names.flatMap(name => terms.filter(term => term.name === name))[0] ?? null
}

/** The momentum of a frame; null if its chain keeps none. */
export const momentumOf = named(first)
/** The second moment of a frame; null if its chain keeps none. */
export const secondMomentOf = named(second)

/** The learning rate of the next step: what a link calls so, else the scale of the last one; null if there is none. */
export const rateOf = ({ hypers }: Frame): number | null => {
  const entries = Object.entries(hypers)
  const last = (name: string) => entries.filter(([path]) => path === name || path.endsWith(`.${name}`)).at(-1)?.[1]
  const value = last('learningRate') ?? last('stepSizeFn') ?? last('stepSize')
  if (value === undefined) return null
  const numbers = typeof value === 'number' ? [value] : Object.values(value)
  return numbers.length === 0 ? null : Math.abs(numbers.reduce((sum, x) => sum + x, 0) / numbers.length)
}
