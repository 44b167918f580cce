/** Adapts a book to another update: slots with the same names stay, new ones get initial values, others are freed. */
import * as tf from '@tensorflow/tfjs-core'
import { atCount } from '../../program/fold.js'
import type { Program } from '../../program/program.js'
import { initTensors } from '../../run.js'
import { disposeTree, tidy } from '../../tree/map.js'
import { isTensor, isVariable } from '../../tree/tensors.js'
import { emptyBook, forgetDisposed, slotsOf, type Book } from '../../shell/book.js'
import { editParts } from '../../shell/state.js'

export const retarget = (from: Program, to: Program, given: Book): Book => {
  if (given.state === null) return given
  const { book, freed } = forgetDisposed(from, given)
  disposeTree(freed)
  if (book.variables.length === 0) return { ...emptyBook, iterations: book.iterations }
  const names = book.variables.map(({ name }) => name)
  const key = (variable: string, slot: string): string => `${variable}\n${slot}`
  const held = new Map(slotsOf(from, book.state, names).map(at => [key(at.variable, at.slot), at.tensor]))
  return tidy(() => {
    const params = Object.fromEntries(book.variables.map(variable => [variable.name, variable]))
    const fresh = atCount(to, initTensors(to, params), book.iterations)
    const places = slotsOf(to, fresh, names)
    const slotAt = new Map(places.map(({ path, slot }) => [path, slot]))
    const used = new Set<unknown>()
    const state = editParts(to, fresh, names, {
      slot: (path, values) =>
        Object.fromEntries(
          Object.entries(values).map(([name, value]) => {
            if (!isTensor(value) || isVariable(value)) return [name, value]
            const old = held.get(key(name, slotAt.get(path) ?? ''))
            used.add(old)
            return [name, old ?? tf.variable(value, false)]
          }),
        ),
    })
    disposeTree([...held.values()].filter(tensor => !used.has(tensor)))
    const known = new Set(book.order.map(({ variable, slot }) => key(variable, slot)))
    const kept = book.order.flatMap(at => {
      const place = places.find(({ variable, slot }) => variable === at.variable && slot === at.slot)
      return place === undefined ? [] : [{ ...at, path: place.path }]
    })
    const added = places.filter(({ variable, slot }) => !known.has(key(variable, slot)))
    return {
      ...book,
      state,
      order: [...kept, ...added.map(({ variable, slot, path }) => ({ variable, slot, path }))],
    }
  })
}
