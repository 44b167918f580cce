import * as tf from '@tensorflow/tfjs-core'
import type { Hyper } from '../../rule/hyper.js'
import type { Field } from './fields.js'
import { changeSetting, readSettings, type BaseSettings, type Fields } from './settings.js'

/** The settings of a Keras optimizer as properties: read and written between steps, checked as in the constructor. */
export abstract class Hyperparameters<S extends BaseSettings> extends tf.Optimizer {
  readonly #who: string
  readonly #fields: Fields<S>
  /** as the constructor took them: `strict` goes on with some of these, as Keras does */
  protected readonly given: S
  #settings: S

  protected constructor(who: string, fields: Fields<S>, options: object) {
    super()
    this.#who = who
    this.#fields = fields
    this.given = this.#settings = readSettings(who, fields, options)
  }

  /** The settings by the names of the options, as they are now. */
  get settings(): S {
    return this.#settings
  }

  protected set<K extends keyof S & string>(key: K, value: S[K]): void {
    this.#settings = changeSetting(this.#who, this.#fields, this.settings, key, value)
  }

  /** The first part of the names of its weights. */
  get name(): string {
    return this.settings.name
  }

  /** Whether TensorFlow's accidents are reproduced. */
  get strict(): boolean {
    return this.settings.strict
  }

  /** A number or schedule as given; `strict` reads a number back as the float32 that Keras holds. */
  get learningRate(): Hyper {
    return this.read('learningRate')
  }
  set learningRate(rate: Hyper) {
    this.set('learningRate', rate)
  }
  /** Keras's other name of `learningRate`. */
  get lr(): Hyper {
    return this.learningRate
  }
  set lr(rate: Hyper) {
    this.learningRate = rate
  }
  /** Slows the rate: `rate / (1 + decay iterations)`. With `strict`, setting it has no effect, as in Keras. */
  get decay(): number {
    return this.read('decay')
  }
  set decay(decay: number) {
    this.set('decay', decay)
  }
  get clipnorm(): number | null {
    return this.settings.clipnorm
  }
  set clipnorm(norm: number | null) {
    this.set('clipnorm', norm)
  }
  get clipvalue(): number | null {
    return this.settings.clipvalue
  }
  set clipvalue(value: number | null) {
    this.set('clipvalue', value)
  }
  get globalClipnorm(): number | null {
    return this.settings.globalClipnorm
  }
  set globalClipnorm(norm: number | null) {
    this.set('globalClipnorm', norm)
  }
  get gradientAggregator(): BaseSettings['gradientAggregator'] {
    return this.settings.gradientAggregator
  }
  set gradientAggregator(aggregator: BaseSettings['gradientAggregator']) {
    this.set('gradientAggregator', aggregator)
  }
  get gradientTransformers(): BaseSettings['gradientTransformers'] {
    return this.settings.gradientTransformers
  }
  set gradientTransformers(transformers: BaseSettings['gradientTransformers']) {
    this.set('gradientTransformers', transformers)
  }

  /** The settings with the numbers that Keras has in float32 variables after its first step. */
  protected held(): S {
    const fields = Object.entries(this.#fields as Readonly<Record<string, Field<unknown>>>)
    const numbers = fields.flatMap(([key, { held }]) => {
      const value = this.#settings[key as keyof S]
      return held === true && typeof value === 'number' ? [[key, Math.fround(value)] as const] : []
    })
    return { ...this.#settings, ...Object.fromEntries(numbers) }
  }

  /** A hyperparameter as Keras reads it back. */
  protected read<K extends keyof S & string>(key: K): S[K] {
    const value = this.#settings[key]
    return this.#settings.strict && typeof value === 'number' ? (Math.fround(value) as S[K]) : value
  }
}
