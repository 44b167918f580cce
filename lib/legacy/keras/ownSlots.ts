/** Slots as Keras's `get_slot` and `add_slot` see them: those of the update, and those that a user added. */
import type * as tf from '@tensorflow/tfjs-core'
import { noSlot } from '../errors.js'
import { linksOf, type Program } from '../../rule/program.js'
import type { Loaded, LoadedSlot } from '../shell/bind.js'
import type { Book } from '../shell/book.js'
import { slotList } from '../shell/weights.js'
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
  ...new Set(linksOf(program).flatMap(link => (link.kind === 'rule' ? Object.keys(link.rule.slots) : []))),
]

export class OwnSlots {
  #slots: readonly { readonly variable: string; readonly slot: string; readonly value: tf.Variable }[] = []
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
  set waiting(slots: readonly LoadedSlot[]) {
    this.#waiting.forEach(({ value }) => {
      value.dispose()
    })
    this.#waiting = slots
  }

  #all({ program, book }: Holder) {
    const ofUpdate = slotList(program, book).map(({ variable, slot, tensor }) => ({
      variable,
      slot,
      value: tensor as tf.Variable,
    }))
    return [...ofUpdate, ...this.#slots]
  }

  #find(holder: Holder, variable: tf.Variable, slot: string): tf.Variable | undefined {
    const known = !isReplaced(holder.book, variable)
    return known ? this.#all(holder).find(one => one.variable === variable.name && one.slot === slot)?.value : undefined
  }

  get(holder: Holder, variable: tf.Variable, slot: string): tf.Variable {
    const found = this.#find(holder, variable, slot)
    if (found !== undefined) return found
    const known = this.#all(holder).flatMap(one => (one.variable === variable.name ? [one.slot] : []))
    throw noSlot('getSlot', variable.name, slot, known)
  }

  names(holder: Holder): string[] {
    return [...new Set(this.#all(holder).map(({ slot }) => slot))]
  }

  /** One that the update has waits for the first step, as a loaded weight does. */
  add(
    holder: Holder,
    variable: tf.Variable,
    slot: string,
    { initializer = 'zeros', shape = variable.shape }: { initializer?: Initializer; shape?: readonly number[] },
  ): { readonly slot: tf.Variable; readonly loaded: Loaded } {
    const { loaded, program } = holder
    const pending = loaded.slots.find(one => one.variable === variable.name && one.slot === slot)?.value
    const found = this.#find(holder, variable, slot) ?? pending
    if (found !== undefined) return { slot: found, loaded }
    const restored = this.#waiting.find(one => one.variable === variable.name && one.slot === slot)
    const value = restored?.value ?? initialized('addSlot', initializer, shape, variable.dtype)
    this.#waiting = this.#waiting.filter(one => one !== restored)
    if (slotNamesOf(program).includes(slot)) {
      const name = `${this.prefix}/${variable.name}/${slot}`
      return {
        slot: value,
        loaded: { ...loaded, slots: [...loaded.slots, { name, variable: variable.name, slot, value }] },
      }
    }
    this.#slots = [...this.#slots, { variable: variable.name, slot, value }]
    return { slot: value, loaded }
  }

  addWeight(
    name: string,
    shape: readonly number[],
    {
      dtype = 'float32',
      initializer = 'zeros',
      trainable = true,
    }: { dtype?: tf.DataType; initializer?: Initializer; trainable?: boolean },
  ): tf.Variable {
    const weight = initialized('addWeight', initializer, shape, dtype, trainable)
    this.#weights.get(name)?.dispose()
    this.#weights.set(name, weight)
    return weight
  }

  dispose(): void {
    this.#slots.forEach(({ value }) => {
      value.dispose()
    })
    this.#weights.forEach(weight => {
      weight.dispose()
    })
    this.waiting = []
    this.#slots = []
    this.#weights.clear()
  }
}

/** Whether the book's state under this name is another, disposed variable's. */
const isReplaced = ({ variables }: Book, variable: tf.Variable): boolean => {
  const held = variables.find(({ name }) => name === variable.name)
  return held !== undefined && held !== variable
}
