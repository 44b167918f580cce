/** Adds variables to a book: their slots have initial values, or those of loaded weights. */
import * as tf from '@tensorflow/tfjs-core'
import { atCount } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { initTensors } from '../run.js'
import { disposeTree, tidy } from '../tree/map.js'
import { forgetDisposed, namesOf, remember, slotsOf, withVariables } from './book.js'
import { nothingLoaded } from './loaded.js'
import { grown, restoreHosts } from './state.js'
import type { Holdings } from './weights.js'

/** A prepared change: `commit` makes it, `undo` frees what it prepared. */
export interface Change {
  readonly commit: () => void
  readonly undo: () => void
}

const nothing = (): void => undefined

/**
 * The book with state for all of `wanted`, and the loaded weights that still wait. The old book stays valid until
 * `commit`. Nothing happens if this throws.
 */
export const admit = (program: Program, held: Holdings, wanted: readonly tf.Variable[]): Holdings & Change => {
  const { loaded } = held
  const known = new Set(held.book.variables)
  const missing = wanted.filter(variable => !known.has(variable))
  if (missing.length === 0) return { ...held, commit: nothing, undo: nothing }
  return tidy(() => {
    const { book, freed } = forgetDisposed(program, held.book, missing)
    const names = namesOf(book.variables)
    const all = [...names, ...namesOf(missing)]
    const like = Object.fromEntries([
      ...names.map(name => [name, null] as const),
      ...missing.map(variable => [variable.name, variable] as const),
    ])
    const fresh = initTensors(program, like)
    const first = book.state === null || names.length === 0
    const state = first
      ? restoreHosts(program, atCount(program, fresh, book.iterations), all, loaded.hosts)
      : grown(program, book.state, names, fresh, all)
    const variables = [...book.variables, ...missing]
    const news = slotsOf(program, fresh, all)
    const none = { takes: new Map<tf.Tensor, tf.Variable>(), rest: loaded.slots }
    const joined = { ...book, variables, state }
    const { takes, rest } = loaded.take === null ? none : loaded.take(loaded, program, joined, news, first)
    const taken = new Set(takes.values())
    const unused = [...loaded.loose.values()].filter(weight => !taken.has(weight)) // numbers, which the state has as such
    const made: tf.Variable[] = []
    const settled = withVariables(program, state, all, tensor => {
      const weight = takes.get(tensor)
      if (weight !== undefined) return weight
      const own = remember(tensor)
      made.push(own)
      return own
    })
    const places = news.map(({ variable, slot, path }) => ({ variable, slot, path }))
    return {
      book: { ...joined, state: settled, order: [...book.order, ...places] },
      loaded: { ...(first ? nothingLoaded : loaded), take: loaded.take, slots: rest },
      commit: () => {
        disposeTree(first ? [freed, book.state, unused] : freed)
      },
      undo: () => {
        disposeTree(made)
      },
    }
  })
}
