import * as tf from '@tensorflow/tfjs-core'
import { badIterations, shellDisposed } from '../errors.js'
import type { NamedTensor } from '../../io/named.js'
import type { Program } from '../../program/program.js'
import { nothingLoaded, type Loaded } from '../shell/bind.js'
import { atIterations, close, emptyBook, type Book } from '../shell/book.js'
import { Scalars } from '../shell/scalars.js'
import { Hyperparameters } from './hyperparameters.js'
import { OwnSlots } from './ownSlots.js'
import type { BaseSettings, Fields } from './settings.js'
import type { Initializer } from './slots.js'
import { getAllWeights, setAllWeights, type WeightLike } from './weights.js'

/** What a Keras optimizer remembers, as Keras shows it: iterations, slots, weights. */
export abstract class Weighted<S extends BaseSettings> extends Hyperparameters<S> {
  protected book: Book = emptyBook
  protected loaded: Loaded = nothingLoaded
  readonly #own: OwnSlots
  readonly #scalars = new Scalars()
  #disposed = false

  protected constructor(who: string, fields: Fields<S>, options: object) {
    super(who, fields, options)
    this.#own = new OwnSlots(this.name)
  }

  /** The update whose slots the book has. */
  protected abstract core(): Program

  protected refuseDisposed(who: string): void {
    if (this.#disposed) throw shellDisposed(who)
  }

  /** Finished steps. */
  override get iterations(): number {
    return this.book.iterations
  }
  override set iterations(count: number) {
    if (!Number.isInteger(count) || count < 0) throw badIterations(this.name, count)
    this.book = atIterations(this.core(), this.book, count)
  }

  #holder(who: string) {
    this.refuseDisposed(who)
    return { program: this.core(), book: this.book, loaded: this.loaded, own: this.#own }
  }

  /** The slot of a variable: a live Variable of the optimizer's. Throws KeyError where there is none. */
  getSlot(variable: tf.Variable, slot: string): tf.Variable {
    return this.#own.get(this.#holder('getSlot'), variable, slot)
  }

  /** The names of all slots, in the order of their creation. */
  getSlotNames(): string[] {
    return this.#own.names(this.#holder('getSlotNames'))
  }

  /** A slot of your own, or the one that is there; it is saved with the others and freed with the optimizer. */
  addSlot(
    variable: tf.Variable,
    slot: string,
    options: { readonly initializer?: Initializer; readonly shape?: readonly number[] } = {},
  ): tf.Variable {
    const { slot: made, loaded } = this.#own.add(this.#holder('addSlot'), variable, slot, options)
    this.loaded = loaded
    return made
  }

  /** A Variable of your own that the optimizer frees; it is none of its weights. */
  addWeight(
    name: string,
    shape: readonly number[],
    options: { readonly dtype?: tf.DataType; readonly initializer?: Initializer; readonly trainable?: boolean } = {},
  ): tf.Variable {
    this.refuseDisposed('addWeight')
    return this.#own.addWeight(name, shape, options)
  }

  /** `iter`, then all slots in the order of their creation: live Variables, `iter` as of this call. */
  get weights(): tf.Variable[] {
    return this.#allWeights().map(({ tensor }) => tensor as tf.Variable)
  }
  /** The same as `weights`. */
  variables(): tf.Variable[] {
    return this.weights
  }

  #allWeights(): NamedTensor[] {
    return getAllWeights(this.#holder('getWeights'), this.#scalars, this.name)
  }

  /** `weights` with their names: `iter`, `AdamWeightDecay/dense/kernel/m`, …; live, as those are. */
  override async getWeights(): Promise<NamedTensor[]> {
    return Promise.resolve(this.#allWeights())
  }

  /** The values of `weights`, copied to arrays. */
  async getWeightValues(): Promise<(Float32Array | Int32Array | Uint8Array)[]> {
    return Promise.all(this.weights.map(async weight => (await weight.data()).slice() as Float32Array))
  }

  /**
   * Takes weights in the order of `weights`: named tensors, tensors, typed arrays, nested arrays or numbers. Before the
   * first step they wait for their variables. Throws ValueError for another number of weights or another shape.
   */
  override async setWeights(weights: readonly WeightLike[]): Promise<void> {
    this.refuseDisposed('setWeights')
    const now = () => this.#holder('setWeights')
    const { book, loaded } = await setAllWeights(now, this.name, this.settings.strict, weights)
    this.book = book
    this.loaded = loaded
  }

  /** Frees all it holds; the optimizer is of no use afterwards. */
  override dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    close(this.book, this.loaded)
    this.#own.dispose()
    this.#scalars.dispose()
    this.book = emptyBook
    this.loaded = nothingLoaded
  }
}
