/** The averages of an optimizer: the variables that have one, and changes to all of them at once. */
import * as tf from '@tensorflow/tfjs-core'
import { dtypeMismatch } from '../../errors.js'
import type { NamedTensor } from '../../io/named.js'
import type { Change } from '../../shell/admit.js'
import { emptyBook, forgetDisposed } from '../../shell/book.js'
import { Holding } from '../../shell/holding.js'
import { readVariables } from '../../shell/loss.js'
import { disposeTree } from '../../tree/map.js'
import { share } from '../../tree/ownership.js'
import { isTensor } from '../../tree/tensors.js'
import { averageGone } from '../errors.js'
import { averaged, averageProgram, averagesOf, type ExponentialMovingAverageSettings } from './average.js'

type NamedOrNot = NamedTensor | tf.Tensor

export class Averages {
  readonly #program
  readonly holding: Holding

  constructor(settings: ExponentialMovingAverageSettings) {
    this.#program = averageProgram(settings)
    this.holding = new Holding(settings.name)
  }

  /** Variables with their averages, in the order in which they joined. */
  get list(): readonly { readonly variable: tf.Variable; readonly average: tf.Variable }[] {
    return averagesOf(this.#program, this.holding.book)
  }

  /** Averages by name, including those that wait for their variables. */
  get weights(): readonly { readonly name: string; readonly tensor: tf.Variable }[] {
    const named = this.list.map(({ variable, average }) => ({ name: `${variable.name}/average`, tensor: average }))
    return [...named, ...this.holding.loaded.slots.map(({ name, value }) => ({ name, tensor: value }))]
  }

  /** Prepares averages for these variables, from zero or from loaded weights; existing averages stay. */
  add(who: string, variables: readonly tf.Variable[]): Change {
    this.holding.refuseDisposed(who)
    const wanted = [...new Set(readVariables(who, variables))]
    for (const { name, dtype } of wanted)
      if (dtype !== 'float32') throw dtypeMismatch(who, name, 'variables', dtype, 'float32')
    return this.holding.admit(this.#program, wanted)
  }

  /** Before a step: forgets disposed variables and their averages; throws if only an average is disposed. */
  settle(who: string): void {
    this.holding.refuseDisposed(who)
    const { book, freed } = forgetDisposed(this.#program, this.holding.book)
    this.holding.book = book.variables.length === 0 ? emptyBook : book
    disposeTree(freed)
    const gone = this.list.find(({ average }) => average.isDisposed)
    if (gone !== undefined) throw averageGone(who, gone.variable.name)
  }

  /** Updates the averages after step `iterations`. */
  step(iterations: number): void {
    const { book } = this.holding
    if (book.state !== null) this.holding.book = averaged(this.#program, book, iterations)
  }

  /** Exchanges the buffers of variables and averages. */
  swap(): void {
    this.list.forEach(({ variable, average }) => {
      const old = share(variable)
      variable.assign(average)
      average.assign(old)
      old.dispose()
    })
  }

  /** Splits weights into averages and others: by name, or by position if the list is complete. */
  split(
    weights: readonly NamedOrNot[],
    inner: { readonly name: string; readonly count: number },
  ): { readonly ours: readonly NamedOrNot[]; readonly others: readonly NamedOrNot[] } {
    const isWhole = weights.length === inner.count + this.list.length
    const isOurs = (weight: NamedOrNot, i: number): boolean => {
      if (isTensor(weight)) return isWhole && i >= inner.count
      const of = /^(.*)\/average(:0)?$/.exec(weight.name)?.[1]
      if (of === undefined) return false
      const isVariable = Object.hasOwn(tf.engine().registeredVariables, of)
      return isVariable || !weight.name.startsWith(`${inner.name}/`)
    }
    return { ours: weights.filter(isOurs), others: weights.filter((weight, i) => !isOurs(weight, i)) }
  }

  /** Prepares loaded averages. Their list has no count, since that is the inner optimizer's, so one is put in front. */
  async read(who: string, ours: readonly NamedOrNot[]) {
    const iter = tf.scalar(this.holding.book.iterations, 'int32')
    return this.holding
      .read(who, () => this.#program, [iter, ...ours])
      .finally(() => {
        iter.dispose()
      })
  }
}
