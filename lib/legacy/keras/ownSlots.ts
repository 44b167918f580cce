/** Slots as Keras's `get_slot` and `add_slot` see them: those of the update, and those that a user added. */
import type * as tf from '@tensorflow/tfjs-core'
import { readonlyArray as RA } from 'fp-ts'
import { noSlot, notAVariable } from '../errors.js'
import { badArgument } from '../../errors.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import { linksIn, numbersOf } from '../../program/fold.js'
import type { Program } from '../../program/program.js'
import type { Loaded, LoadedSlot } from '../shell/bind.js'
import type { Book } from '../shell/book.js'
import { matchWeights, slotList } from '../shell/weights.js'
import { disposeTree } from '../../tree/map.js'
import { isVariable } from '../../tree/tensors.js'
import { initialized, type Initializer } from './slots.js'

/** The parts of an optimizer that its weights are in. */
export interface Holder {
  readonly program: Program
  readonly book: Book
  readonly loaded: Loaded
  readonly own: OwnSlots
}

/** The slots that the rules of an update have. */
export const slotNamesOf = (program: Program): readonly string[] => [
  ...new Set(linksIn(program).flatMap(leaf => Object.keys(numbersOf(leaf)?.slots ?? {}))),
]

interface OwnSlot {
  readonly of: tf.Variable
  readonly variable: string
  readonly slot: string
  readonly tensor: tf.Variable
}

export class OwnSlots {
  #slots: readonly OwnSlot[] = []
  readonly #weights = new Map<string, tf.Variable>()
  #waiting: readonly LoadedSlot[] = []

  constructor(readonly prefix: string) {}

  /** in the order of their creation */
  get list() {
    return this.#slots
  }

  /** loaded weights of slots that nobody has added yet */
  get waiting(): readonly LoadedSlot[] {
    return this.#waiting
  }

  /** Takes loaded weights: slots that are there get their values, others wait in place of those that waited before. */
  load(who: string, optimizer: string, weights: readonly LoadedSlot[]): void {
    const isFor =
      ({ variable, slot }: LoadedSlot) =>
      (own: OwnSlot): boolean =>
        own.variable === variable && own.slot === slot
    const there = weights.filter(weight => this.#slots.some(isFor(weight)))
    const places = there.flatMap(weight => this.#slots.filter(isFor(weight)))
    for (const [slot, weight] of matchWeights(who, optimizer, places, there)) slot.assign(weight)
    disposeTree([...this.#waiting, ...there].map(({ value }) => value))
    this.#waiting = weights.filter(weight => !there.includes(weight))
  }

  #find({ program, book, loaded }: Holder, variable: tf.Variable, slot: string): tf.Variable | undefined {
    const own = this.#slots.find(one => one.of === variable && one.slot === slot)
    if (own !== undefined) return own.tensor
    const isIt = (one: LoadedSlot): boolean => one.added === true && one.variable === variable.name && one.slot === slot
    if (!book.variables.includes(variable)) return loaded.slots.find(isIt)?.value
    const ofUpdate = slotList(program, book).find(one => one.variable === variable.name && one.slot === slot)
    return ofUpdate?.tensor as tf.Variable | undefined
  }

  get(holder: Holder, variable: tf.Variable, slot: string): tf.Variable {
    const who = 'getSlot'
    if (!isVariable(variable)) throw notAVariable(who, variable)
    const found = this.#find(holder, variable, slot)
    if (found !== undefined) return found
    const known = this.names(holder).filter(name => this.#find(holder, variable, name) !== undefined)
    throw noSlot(who, variable.name, slot, known)
  }

  names({ program, book }: Holder): string[] {
    return [...new Set([...slotList(program, book), ...this.#slots].map(({ slot }) => slot))]
  }

  /** One that the update has waits for the first step, as a loaded weight does. */
  add(
    holder: Holder,
    variable: tf.Variable,
    slot: string,
    options: { initializer?: Initializer; shape?: readonly number[] },
  ): { readonly slot: tf.Variable; readonly loaded: Loaded } {
    const who = 'addSlot'
    if (!isVariable(variable)) throw notAVariable(who, variable)
    if (typeof slot !== 'string' || !/^[^/]+$/.test(slot))
      throw badArgument(who, 'slot', 'a string that is not empty and has no /', slot)
    const { initializer = 'zeros', shape = variable.shape, ...unknown } = asRecord(who, options)
    refuseUnknown(who, unknown)
    const { loaded, program } = holder
    const isIt = (one: LoadedSlot): boolean => one.variable === variable.name && one.slot === slot
    const found = this.#find(holder, variable, slot) ?? loaded.slots.find(isIt)?.value
    if (found !== undefined) return { slot: found, loaded }
    const restored = this.#waiting.find(isIt)
    const value = restored?.value ?? initialized(who, initializer, shape, variable.dtype)
    this.#waiting = this.#waiting.filter(one => one !== restored)
    if (slotNamesOf(program).includes(slot)) {
      const name = `${this.prefix}/${variable.name}/${slot}`
      return {
        slot: value,
        loaded: { ...loaded, slots: [...loaded.slots, { name, variable: variable.name, slot, value, added: true }] },
      }
    }
    // A variable of the same name came before this one and is gone.
    const { left: kept, right: gone } = RA.partition(
      (one: OwnSlot) => one.variable === variable.name && one.of !== variable,
    )(this.#slots)
    disposeTree(gone.map(({ tensor }) => tensor))
    this.#slots = [...kept, { of: variable, variable: variable.name, slot, tensor: value }]
    return { slot: value, loaded }
  }

  addWeight(
    name: string,
    shape: readonly number[],
    options: { dtype?: tf.DataType; initializer?: Initializer; trainable?: boolean },
  ): tf.Variable {
    const given = asRecord('addWeight', options)
    const { dtype = 'float32', initializer = 'zeros', trainable = true, ...unknown } = given
    refuseUnknown('addWeight', unknown)
    const weight = initialized('addWeight', initializer, shape, dtype, trainable)
    this.#weights.get(name)?.dispose()
    this.#weights.set(name, weight)
    return weight
  }

  dispose(): void {
    disposeTree([
      this.#slots.map(({ tensor }) => tensor),
      this.#waiting.map(({ value }) => value),
      [...this.#weights.values()],
    ])
    this.#slots = []
    this.#waiting = []
    this.#weights.clear()
  }
}
