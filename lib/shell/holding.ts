/**
 * The mutable state of an optimizer: its book, waiting weights, constrained models. A call changes all of it or
 * nothing.
 */
import type * as tf from '@tensorflow/tfjs-core'
import { badIterations, shellDisposed, unconstrained } from '../errors/shell.js'
import type { NamedTensor } from '../io/named.js'
import type { Program } from '../program/program.js'
import { disposeTree } from '../tree/map.js'
import { admit, type Change } from './admit.js'
import { atIterations, emptyBook, type Book } from './book.js'
import { constrainedBy, readModel, type ConstrainedModel } from './constraints.js'
import { freeLoaded, holdList, isCount, nothingLoaded, type Loaded } from './loaded.js'
import { ScalarTensors } from './scalars.js'
import { listWeights, type Holdings } from './weights.js'

export class Holding {
  #held: Holdings = { book: emptyBook, loaded: nothingLoaded }
  #models: readonly ConstrainedModel[] = []
  #expectsConstraints = false
  #disposed = false
  readonly #scalars = new ScalarTensors()

  /** With `waits`, loaded weights for slots that the program does not have wait for `addSlot`. */
  constructor(
    private readonly name: string,
    private readonly waits = false,
  ) {}

  get book(): Book {
    return this.#held.book
  }
  set book(book: Book) {
    this.#held = { ...this.#held, book }
  }
  get loaded(): Loaded {
    return this.#held.loaded
  }
  set loaded(loaded: Loaded) {
    this.#held = { ...this.#held, loaded }
  }

  refuseDisposed(who: string): void {
    if (this.#disposed) throw shellDisposed(who)
  }

  moveTo(program: Program, iterations: number): void {
    if (!isCount(iterations)) throw badIterations(this.name, iterations)
    this.book = atIterations(program, this.book, iterations)
  }

  constrain(model: ConstrainedModel): void {
    this.#models = [...this.#models, readModel(model)]
  }
  /** Whether it constrains a model. */
  get constrains(): boolean {
    return this.#models.length > 0
  }
  /** Warns after the first step if no model is constrained by then, since the saved optimizer did constrain one. */
  expectConstraints(): void {
    this.#expectsConstraints = true
  }
  /** The constraints of all models, by variable. */
  get constrained() {
    return constrainedBy(this.#models)
  }

  /** Prepares state for these variables, from initial values or loaded weights. */
  admit(program: Program, variables: readonly tf.Variable[]): Change & { readonly book: Book } {
    const { book, loaded, commit, undo } = admit(program, this.#held, variables)
    return {
      book,
      commit: () => {
        this.#held = { book, loaded }
        commit()
      },
      undo,
    }
  }

  /** Runs one step on the book with state for these variables. */
  step(program: Program, variables: readonly tf.Variable[], run: (book: Book) => Book): void {
    const { book, commit, undo } = this.admit(program, variables)
    const next = undoing(undo, () => run(book))
    commit()
    this.book = next
    if (!this.#expectsConstraints) return
    this.#expectsConstraints = false
    if (!this.constrains) console.warn(unconstrained(this.name))
  }

  /** `iter` with its present value, then all weights, which later steps change. */
  list(who: string, program: Program): NamedTensor[] {
    this.refuseDisposed(who)
    const iter = { name: 'iter', tensor: this.#scalars.of('iter', this.book.iterations) }
    return [iter, ...listWeights(program, this.#held, this.name, this.#scalars)]
  }

  /**
   * Reads and checks weights that `commit` puts in place of the present ones. `program` is called once they are read,
   * since it may change meanwhile.
   */
  async read(who: string, program: () => Program, list: unknown, check?: (loaded: Loaded) => void): Promise<Change> {
    this.refuseDisposed(who)
    const held = holdList(who, list)
    const load = async () => {
      const { readWeights, replaceWeights } = await import('./replace.js')
      return { ...(await readWeights(who, this.name, held.list)), replaceWeights }
    }
    const { iterations, loaded, replaceWeights } = await load().finally(held.free)
    const undo = (): void => {
      freeLoaded(loaded)
    }
    const prepare = () => {
      this.refuseDisposed(who)
      const taking = { who, optimizer: this.name, waits: this.waits }
      return replaceWeights(taking, program(), this.#held, iterations, loaded)
    }
    undoing(undo, () => {
      check?.(loaded)
      prepare()
    })
    return { commit: () => (this.#held = undoing(undo, prepare)()), undo }
  }

  async set(who: string, program: () => Program, list: unknown, check?: (loaded: Loaded) => void): Promise<void> {
    const { commit } = await this.read(who, program, list, check)
    commit()
  }

  /** Frees everything; returns false if that was done before. */
  dispose(): boolean {
    if (this.#disposed) return false
    this.#disposed = true
    const { book, loaded } = this.#held
    disposeTree([book.state, book.added.map(({ tensor }) => tensor)])
    freeLoaded(loaded)
    this.#scalars.dispose()
    this.#held = { book: emptyBook, loaded: nothingLoaded }
    return true
  }
}

/** Runs `body`, and `undo` if it throws. */
export const undoing = <T>(undo: () => void, body: () => T): T => {
  try {
    return body()
  } catch (cause) {
    undo()
    throw cause
  }
}
