/** Keras's `get_slot` and `add_slot`, for slots of the update and those that the user added. */
import type * as tf from '@tensorflow/tfjs-core'
import { badArgument } from '../../errors.js'
import { notAVariable } from '../../errors/shell.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import type { Program } from '../../program/program.js'
import type { Holding } from '../../shell/holding.js'
import type { LoadedSlot } from '../../shell/places.js'
import { take } from '../../shell/take.js'
import { slotList, slotNamesOf } from '../../shell/weights.js'
import { disposeTree } from '../../tree/map.js'
import { isVariable } from '../../tree/tensors.js'
import { noSlot } from '../errors.js'
import { initialized, type Initializer } from './slots.js'

export interface SlotOptions {
  readonly initializer?: Initializer
  readonly shape?: readonly number[]
}

const isFor =
  ({ name }: tf.Variable, slot: string) =>
  (one: LoadedSlot): boolean =>
    one.variable === name && one.slot === slot

const find = (program: Program, { book, loaded }: Holding, variable: tf.Variable, slot: string) => {
  const added = book.added.find(one => one.of === variable && one.slot === slot)
  if (added !== undefined) return added.tensor
  if (!book.variables.includes(variable))
    return loaded.slots.find(one => one.added === true && isFor(variable, slot)(one))?.value
  const ofUpdate = slotList(program, { ...book, added: [] })
  return ofUpdate.find(one => one.variable === variable.name && one.slot === slot)?.tensor as tf.Variable | undefined
}

export const getSlot = (program: Program, holding: Holding, variable: tf.Variable, slot: string): tf.Variable => {
  const who = 'getSlot'
  if (!isVariable(variable)) throw notAVariable(who, variable)
  const found = find(program, holding, variable, slot)
  if (found !== undefined) return found
  const known = slotNames(program, holding).filter(name => find(program, holding, variable, name) !== undefined)
  throw noSlot(who, variable.name, slot, known)
}

export const slotNames = (program: Program, { book }: Holding): string[] => [
  ...new Set(slotList(program, book).map(({ slot }) => slot)),
]

/** Adds a slot. If the update has a slot of this name, the value waits for the first step, like a loaded weight. */
export const addSlot = (
  program: Program,
  holding: Holding,
  prefix: string,
  variable: tf.Variable,
  slot: string,
  options: SlotOptions,
): tf.Variable => {
  const who = 'addSlot'
  if (!isVariable(variable)) throw notAVariable(who, variable)
  if (typeof slot !== 'string' || !/^[^/]+$/.test(slot))
    throw badArgument(who, 'slot', 'a string that is not empty and has no /', slot)
  const { initializer = 'zeros', shape = variable.shape, ...unknown } = asRecord(who, options)
  refuseUnknown(who, unknown)
  const found = find(program, holding, variable, slot)
  if (found !== undefined) return found
  const { book, loaded } = holding
  const ofUpdate = slotNamesOf(program)?.includes(slot) === true
  const restored = loaded.slots.find(isFor(variable, slot))
  if (restored !== undefined && ofUpdate) return restored.value
  const value = restored?.value ?? initialized(who, initializer, shape, variable.dtype)
  if (ofUpdate) {
    const name = `${prefix}/${variable.name}/${slot}`
    holding.loaded = {
      ...loaded,
      take,
      slots: [...loaded.slots, { name, variable: variable.name, slot, value, added: true }],
    }
    return value
  }
  holding.loaded = { ...loaded, slots: loaded.slots.filter(one => one !== restored) }
  // Slots of an earlier variable with the same name, which is gone.
  const gone = book.added.filter(one => one.variable === variable.name && one.of !== variable)
  disposeTree(gone.map(({ tensor }) => tensor))
  const added = book.added.filter(one => !gone.includes(one))
  holding.book = { ...book, added: [...added, { of: variable, variable: variable.name, slot, tensor: value }] }
  return value
}
