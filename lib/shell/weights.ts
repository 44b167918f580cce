/** Lists the weights of a stateful optimizer as tfjs's named tensors. */
import type * as tf from '@tensorflow/tfjs-core'
import { isHost } from '../io/text.js'
import type { NamedTensor } from '../io/named.js'
import { linksIn } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { isTensor } from '../tree/tensors.js'
import { namesOf, shortNames, slotsOf, type Book } from './book.js'
import type { Loaded } from './loaded.js'
import type { ScalarTensors } from './scalars.js'
import { emptyState, partsOf } from './state.js'

/** An optimizer's book, and the loaded weights that wait for their variables. */
export interface Holdings {
  readonly book: Book
  readonly loaded: Loaded
}

/** The slots of a book in the order of their creation, those that a user added last; each tensor is a Variable. */
export const slotList = (program: Program, { state, variables, order, added }: Book) => {
  const slots = state === null ? [] : slotsOf(program, state, namesOf(variables))
  const found = new Map(slots.map(slot => [`${slot.variable}\n${slot.path}`, slot]))
  const ofProgram = order.flatMap(({ variable, path }) => found.get(`${variable}\n${path}`) ?? [])
  return [...ofProgram, ...added.map(({ variable, slot, tensor }) => ({ variable, slot, path: '', tensor }))]
}

/** The names of the slots that a program has for each variable; null for a user's pair, which only its states show. */
export const slotNamesOf = (program: Program): readonly string[] | null => {
  if (linksIn(program).some(({ kind }) => kind === 'opaque')) return null
  const paths = partsOf(program, emptyState(program, 0), []).slots.map(({ path }) => path)
  return [...new Set(paths.map(shortNames(paths)))]
}

/** The parts of a state that belong to no variable: counts, and other numbers and tensors. */
export const allLoose = (program: Program, { state, variables }: Book) => {
  const { counts, loose } = state === null ? { counts: [], loose: [] } : partsOf(program, state, namesOf(variables))
  return {
    counts: counts.map(({ path, count }) => [path, count] as const),
    others: loose.flatMap(({ path, leaf }) => (isTensor(leaf) || isHost(leaf) ? [[path, leaf] as const] : [])),
  }
}

/** All weights except `iter`: slots, then the other parts of the state, except counts that equal the iterations. */
export const listWeights = (
  program: Program,
  { book, loaded }: Holdings,
  prefix: string,
  scalars: ScalarTensors,
): NamedTensor[] => {
  const named = (path: string, tensor: tf.Tensor): NamedTensor => ({ name: `${prefix}/${path}`, tensor })
  const { counts, others } = allLoose(program, book)
  return [
    ...slotList(program, book).map(({ variable, slot, tensor }) => named(`${variable}/${slot}`, tensor)),
    ...loaded.slots.map(({ name, value }) => ({ name, tensor: value })),
    ...[...counts.filter(([, count]) => count !== book.iterations), ...others].map(([path, leaf]) =>
      named(path, isTensor(leaf) ? leaf : scalars.of(`${prefix}/${path}`, leaf)),
    ),
    ...[...loaded.loose].map(([path, tensor]) => named(path, tensor)),
  ]
}
