/** The averages of an optimizer: which variables have one, and the changes to all of them at once. */
import * as tf from '@tensorflow/tfjs-core'
import { dtypeMismatch } from '../../errors.js'
import { averageGone, shellDisposed } from '../errors.js'
import type { NamedTensor } from '../../io/named.js'
import type { Program } from '../../program/program.js'
import { disposeTree } from '../../tree/map.js'
import { share } from '../../tree/ownership.js'
import { isTensor } from '../../tree/tensors.js'
import { nothingLoaded, type Loaded } from '../shell/bind.js'
import { admit, close, emptyBook, forgetDisposed, type Book } from '../shell/book.js'
import { load, matchWeights, readList, replaceWeights, slotList } from '../shell/weights.js'
import { averaged, averageProgram, averagesOf, type AverageSettings } from './average.js'
import { readVariables } from './loss.js'

/** A change that is prepared: it happens with `commit`, and leaves no trace with `undo`. */
export interface Change {
  readonly commit: () => void
  readonly undo: () => void
}

type Listed = NamedTensor | tf.Tensor

export class Averages {
  readonly #program: Program
  readonly #name: string
  #book: Book = emptyBook
  #loaded: Loaded = nothingLoaded
  #disposed = false

  constructor(settings: AverageSettings & { readonly name: string }) {
    this.#program = averageProgram(settings)
    this.#name = settings.name
  }

  refuseDisposed(who: string): void {
    if (this.#disposed) throw shellDisposed(who)
  }

  /** Variables with their averages, in the order in which they joined. */
  get list(): readonly { readonly variable: tf.Variable; readonly average: tf.Variable }[] {
    return averagesOf(this.#program, this.#book)
  }

  /** Averages by name, those too that wait for their variables. */
  get weights(): readonly { readonly name: string; readonly tensor: tf.Variable }[] {
    const named = this.list.map(({ variable, average }) => ({ name: `${variable.name}/average`, tensor: average }))
    return [...named, ...this.#loaded.slots.map(({ name, value }) => ({ name, tensor: value }))]
  }

  /** Averages for these variables, from zero or from what was loaded; who has one keeps it. */
  add(who: string, variables: readonly tf.Variable[]): Change {
    this.refuseDisposed(who)
    const wanted = [...new Set(readVariables(who, variables))]
    for (const { name, dtype } of wanted)
      if (dtype !== 'float32') throw dtypeMismatch(who, name, 'variables', dtype, 'float32')
    const { book, loaded, commit, undo } = admit(this.#program, this.#book, wanted, this.#loaded)
    return {
      commit: () => {
        this.#book = book
        this.#loaded = loaded
        commit()
      },
      undo,
    }
  }

  /** Forgets variables that are disposed, with their averages; throws where only an average is. Before a step. */
  settle(who: string): void {
    this.refuseDisposed(who)
    const { book, freed } = forgetDisposed(this.#program, this.#book)
    this.#book = book.variables.length === 0 ? emptyBook : book
    disposeTree(freed)
    const gone = this.list.find(({ average }) => average.isDisposed)
    if (gone !== undefined) throw averageGone(who, gone.variable.name)
  }

  /** After step `iterations`. */
  step(iterations: number): void {
    if (this.#book.state !== null) this.#book = averaged(this.#program, this.#book, iterations)
  }

  /** Variables and averages take each other's buffers. */
  swap(): void {
    this.list.forEach(({ variable, average }) => {
      const old = share(variable)
      variable.assign(average)
      average.assign(old)
      old.dispose()
    })
  }

  /** Which weights are averages: by name, else the last of a list that is as long as all together. */
  split(
    weights: readonly Listed[],
    inner: { readonly name: string; readonly count: number },
  ): { readonly ours: readonly Listed[]; readonly others: readonly Listed[] } {
    const { length } = this.list
    const isWhole = weights.length === inner.count + length
    const isOurs = (weight: Listed, i: number): boolean => {
      if (isTensor(weight)) return isWhole && i >= inner.count
      const of = /^(.*)\/average(:0)?$/.exec(weight.name)?.[1]
      if (of === undefined) return false
      const isVariable = Object.hasOwn(tf.engine().registeredVariables, of)
      return isVariable || !weight.name.startsWith(`${inner.name}/`)
    }
    return { ours: weights.filter(isOurs), others: weights.filter((weight, i) => !isOurs(weight, i)) }
  }

  /** Loaded averages, of which `first` is the count of steps. */
  async read(who: string, first: Listed | undefined, ours: readonly Listed[]): Promise<Change> {
    const list = readList(who, first === undefined ? ours : [first, ...ours])
    const loaded = await load(who, this.#name, list)
    const undo = (): void => {
      disposeTree([loaded.slots.map(({ value }) => value), [...loaded.loose.values()]])
    }
    try {
      const places = slotList(this.#program, this.#book)
      if (places.length > 0) matchWeights(who, this.#name, places, loaded.slots)
    } catch (cause) {
      undo()
      throw cause
    }
    const commit = (): void => {
      const { iterations, variables } = this.#book
      if (variables.length > 0) {
        this.#book = replaceWeights(who, this.#name, this.#program, this.#book, iterations, loaded)
        return
      }
      close(emptyBook, this.#loaded)
      this.#loaded = loaded
    }
    return { commit, undo }
  }

  dispose(): void {
    this.#disposed = true
    close(this.#book, this.#loaded)
    this.#book = emptyBook
    this.#loaded = nothingLoaded
  }
}
