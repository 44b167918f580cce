/** Replaces the state of an optimizer by a list of weights. */
import type * as tf from '@tensorflow/tfjs-core'
import { loadedSlotUnknown, loadedUnbound, wrongWeights } from '../errors/shell.js'
import type { Program } from '../program/program.js'
import { disposeTree } from '../tree/map.js'
import { isVariable } from '../tree/tensors.js'
import { bind, checkFits, isRegistered, type BoundWeight } from './bind.js'
import { atIterations, emptyBook, namesOf, type Book } from './book.js'
import { freeLoaded, nothingLoaded, type Loaded } from './loaded.js'
import type { LoadedSlot } from './places.js'
import { restoreHosts } from './state.js'
import { checkCounts, matchLoose, take } from './take.js'
import { slotList, slotNamesOf, type Holdings } from './weights.js'

export { readWeights } from './reading.js'

/** Splits weights into those for slots of the program or added by the user, and those that wait for `addSlot`. */
const partition = (known: readonly string[] | null, book: Book, { slots }: Loaded) => {
  const isOurs = ({ variable, slot }: LoadedSlot): boolean =>
    variable === null || known === null || known.includes(slot) || book.added.some(one => one.slot === slot)
  return { ours: slots.filter(isOurs), others: slots.filter(slot => !isOurs(slot)) }
}

/** With `waits`, weights for slots that the program does not have wait for the user's `addSlot`. */
export interface Taking {
  readonly who: string
  readonly optimizer: string
  readonly waits: boolean
}

/**
 * Prepares the replacement of an optimizer's state, in the same way before and after variables were seen. Existing
 * slots get their values, other weights wait for their variables. Throws if weights do not fit. Nothing changes until
 * the function returned is called.
 */
export const replaceWeights = (
  { who, optimizer, waits }: Taking,
  program: Program,
  held: Holdings,
  iterations: number,
  given: Loaded,
): (() => Holdings) => {
  const { book } = held
  const known = slotNamesOf(program)
  const { ours, others } = partition(known, book, given)
  const [stranger] = others
  if (stranger !== undefined && (!waits || ours.length === 0))
    throw loadedSlotUnknown(stranger.name, stranger.slot, known ?? [])
  checkCounts(program, given)
  const { pairs, rest } =
    book.variables.length > 0 ? bindAll(who, optimizer, program, known, book, ours) : bindAdded(book, ours)
  const loose = matchLoose(program, book, book.state === null ? { ...given, loose: new Map() } : given)
  return () => {
    pairs.forEach(([{ tensor }, { value }]) => (tensor as tf.Variable).assign(value))
    loose.forEach(([leaf, weight]) => {
      if (isVariable(leaf)) leaf.assign(weight)
    })
    disposeTree(pairs.map(([, { value }]) => value))
    freeLoaded(held.loaded)
    const slots = [...rest, ...others]
    if (book.state === null)
      return { book: { ...emptyBook, added: book.added, iterations }, loaded: { ...given, slots } }
    disposeTree([...given.loose.values()])
    const moved = atIterations(program, book, iterations)
    return {
      book: { ...moved, state: restoreHosts(program, moved.state, namesOf(book.variables), given.hosts) },
      loaded: { ...nothingLoaded, slots, take },
    }
  }
}

/** Before the first step the only slots are those that the user added. */
const bindAdded = ({ added }: Book, slots: readonly LoadedSlot[]) => {
  const pairs = added.flatMap(({ variable, slot, tensor }): readonly BoundWeight[] => {
    const weight = slots.find(one => one.variable === variable && one.slot === slot)
    return weight === undefined ? [] : [[{ variable, slot, path: '', tensor }, weight]]
  })
  pairs.forEach(([{ variable, slot, tensor }, { name, value }]) => {
    checkFits(name, value, `${variable}/${slot}`, tensor)
  })
  const taken = new Set(pairs.map(([, weight]) => weight))
  return { pairs, rest: slots.filter(weight => !taken.has(weight)) }
}

/** Every existing slot must get its weight; weights left over must belong to variables that had no step yet. */
const bindAll = (
  who: string,
  optimizer: string,
  program: Program,
  known: readonly string[] | null,
  book: Book,
  slots: readonly LoadedSlot[],
) => {
  const places = slotList(program, book)
  const wrong = () => wrongWeights(who, optimizer, slots.length + 1, places.length + 1)
  const isUnnamed = slots.some(({ variable }) => variable === null)
  if (slots.length < places.length || (isUnnamed && slots.length !== places.length)) throw wrong()
  const { pairs, rest } = bind(slots, places, true, known)
  const filled = new Set(pairs.map(([place]) => place))
  const missing = places.find(place => !filled.has(place))
  if (missing !== undefined)
    throw loadedUnbound(
      `${missing.variable}/${missing.slot}`,
      rest.map(({ name }) => name),
    )
  const seen = new Set(book.variables.map(({ name }) => name))
  if (rest.some(({ variable }) => !isRegistered(variable, seen))) throw wrong()
  return { pairs, rest }
}
