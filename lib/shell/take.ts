/** Assigns loaded weights to their places: slots by variable, others by path. */
import type * as tf from '@tensorflow/tfjs-core'
import { loadedCountWrong, loadedShape, loadedSlotUnknown } from '../errors/shell.js'
import type { Host } from '../io/text.js'
import { linksIn } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { isTensor, showShape } from '../tree/tensors.js'
import { bind, checkFits } from './bind.js'
import type { Book } from './book.js'
import { isCount, type Loaded, type TakeWeights } from './loaded.js'
import type { LoadedSlot } from './places.js'
import { emptyState, partsOf } from './state.js'
import { allLoose, slotNamesOf } from './weights.js'

/** Throws for an invalid count, if the program tells which numbers are counts. */
export const checkCounts = (program: Program, { loose, hosts }: Loaded): void => {
  if (linksIn(program).some(({ kind }) => kind === 'opaque')) return
  const { counts, loose: cells } = partsOf(program, emptyState(program, 0), [])
  checkLoose(
    counts.map(({ path, count }) => [path, count] as const),
    cells.map(({ path }) => [path, null] as const),
    { loose, hosts },
  )
}

type Entries<T> = readonly (readonly [path: string, leaf: T])[]

const checkLoose = (
  counts: Entries<number>,
  others: Entries<tf.Tensor | Host | null>,
  { loose, hosts }: Pick<Loaded, 'loose' | 'hosts'>,
): void => {
  const places = new Map<string, tf.Tensor | Host | null>([...counts, ...others])
  const counted = new Set(counts.map(([path]) => path))
  for (const [path, weight] of loose) {
    const [leaf, host] = [places.get(path), hosts.get(path)]
    if (leaf === undefined) throw loadedSlotUnknown(path, path, [...places.keys()])
    if (leaf === null) {
      if (weight.rank !== 0) throw loadedShape(path, showShape(weight.shape), path, '[]') // a cell
    } else if (isTensor(leaf)) checkFits(path, weight, path, leaf)
    else if (counted.has(path) && !isCount(host)) throw loadedCountWrong(path, host ?? showShape(weight.shape))
    else if (typeof host !== typeof leaf)
      throw loadedShape(path, host === undefined ? showShape(weight.shape) : typeof host, path, `[], a ${typeof leaf}`)
  }
}

/**
 * Pairs the tensors of a state that belong to no variable with their weights. Throws for a weight that fits no place.
 */
export const matchLoose = (program: Program, book: Book, loaded: Loaded) => {
  const { counts, others } = allLoose(program, book)
  checkLoose(counts, others, loaded)
  return others.flatMap(([path, leaf]) => {
    const weight = loaded.loose.get(path)
    return isTensor(leaf) && weight !== undefined ? [[leaf, weight] as const] : []
  })
}

export const take: TakeWeights = (loaded, program, joined, news, first) => {
  const known = slotNamesOf(program)
  const isOurs = ({ variable, slot }: LoadedSlot): boolean =>
    variable === null || known === null || known.includes(slot)
  const { pairs, rest } = bind(loaded.slots.filter(isOurs), news, first, known)
  const loose = first ? matchLoose(program, joined, loaded) : []
  return {
    takes: new Map([...pairs.map(([{ tensor }, { value }]) => [tensor, value] as const), ...loose]),
    rest: [...rest, ...loaded.slots.filter(slot => !isOurs(slot))],
  }
}
