import * as tf from '@tensorflow/tfjs-core'
import { admitRecord, customOf } from '../../config/admit.js'
import type { NamedTensor } from '../../io/named.js'
import type { Hyper } from '../../rule/hyper.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import type { Program } from '../../program/program.js'
import type { Extra } from '../../transform.js'
import { constrainWith, type ConstrainedModel } from '../../shell/constraints.js'
import { Holding } from '../../shell/holding.js'
import { isInstance } from '../../shell/instance.js'
import { lossGradients, readVariables, stepOnLoss, type VariableList } from '../../shell/loss.js'
import { addSlot, getSlot, slotNames, type SlotOptions } from './addedSlots.js'
import { readConfig, writeConfig, type CustomObjects } from './config.js'
import type { ApplyOptions, OptimizerKind } from './kind.js'
import { gradientsFor, type LossOptions } from './loss.js'
import { readPairs, warnOfMissing, type GradientsAndVariables } from './pairs.js'
import { differInRateOnly, rateOf } from './rate.js'
import { retarget } from './retarget.js'
import { addWeight, type WeightOptions } from './slots.js'
import { changeSetting, readSettings, type BaseSettings } from './settings.js'
import { programsOf, runKerasStep, type StepPrograms } from './step.js'
import { checkOrigin, checkStrict, weightList, type WeightLike } from './weights.js'

/**
 * The shell that Keras's legacy optimizers share: settings that may change between steps, slots by variable, weights in
 * the order of their creation, clips in Keras's order, configs that Python reads. The update itself is a chain that the
 * optimizer's kind makes from the settings.
 */
export abstract class KerasOptimizer<S extends BaseSettings> extends tf.Optimizer {
  static override [Symbol.hasInstance] = isInstance
  readonly #kind: OptimizerKind<S>
  /** the settings of the constructor, some of which stay in use with `strict`, as in Keras */
  readonly #given: S
  #settings: S
  #prepared: { readonly settings: S; readonly programs: StepPrograms } | null = null
  readonly #holding: Holding
  readonly #weights = new Map<string, tf.Variable>()
  readonly #warned = new Set<string>()

  protected constructor(kind: OptimizerKind<S>, options: object) {
    super()
    this.#kind = kind
    this.#given = this.#settings = readSettings(kind.className, kind.fields, options) as unknown as S
    this.#holding = new Holding(this.name, true)
  }

  /** The present settings by the names of the options. */
  get settings(): S {
    return this.#settings
  }
  /** The prefix of the names of its weights. */
  get name(): string {
    return this.#settings.name
  }
  /** Whether TensorFlow's accidents are reproduced. */
  get strict(): boolean {
    return this.#settings.strict
  }
  /** Keras's other name of `learningRate`. */
  get lr(): Hyper {
    return this.read('learningRate') as Hyper
  }
  set lr(rate: Hyper) {
    this.write('learningRate', rate)
  }

  /** A setting; with `strict`, hyperparameters are rounded to float32, as Keras reads them back. */
  protected read(key: string): unknown {
    const value = this.#settings[key as keyof S]
    const isHyper = this.#kind.fields[key]?.held === true || key === 'decay'
    return this.strict && isHyper && typeof value === 'number' ? Math.fround(value) : value
  }
  protected write(key: string, value: unknown): void {
    this.#settings = changeSetting(this.#kind.className, this.#kind.fields, this.#settings, key, value)
  }

  /** The programs for the present settings; if the update has other slots than before, the book is adapted. */
  #programs(): StepPrograms {
    const [settings, given, prepared] = [this.#settings, this.#given, this.#prepared]
    if (prepared !== null && differInRateOnly(prepared.settings, settings)) return prepared.programs
    const { core, sparse, clipNorm } = this.#kind
    const rate = rateOf(() => (given.strict ? { ...this.#settings, decay: given.decay } : this.#settings))
    const made = programsOf(settings, clipNorm(settings), core(settings, rate, given), sparse(settings, rate, given))
    const { book } = this.#holding
    if (prepared !== null) this.#holding.book = retarget(prepared.programs.core, made.core, book)
    this.#prepared = { settings, programs: made }
    return made
  }
  #core(who?: string): Program {
    if (who !== undefined) this.#holding.refuseDisposed(who)
    return this.#programs().core
  }

  /** Finished steps. */
  override get iterations(): number {
    return this.#holding.book.iterations
  }
  override set iterations(count: number) {
    this.#holding.moveTo(this.#core(), count)
  }

  /** From now on, applies the constraints of a tfjs-layers model's weights after each update. */
  constrain(model: ConstrainedModel): this {
    this.#holding.constrain(model)
    return this
  }

  /**
   * One step; returns the number of finished steps. Gradients are a map or list by variable name, or pairs `[gradient,
   * variable]`. A gradient may be sparse, `{indices, values}`, or an array with one per replica; null sits out the
   * step.
   */
  override applyGradients(given: GradientsAndVariables, options: ApplyOptions = {}): number {
    const who = 'applyGradients'
    const { name = null, experimentalAggregateGradients = true, extra, ...unknown } = asRecord(who, options)
    refuseUnknown(who, unknown)
    return tf.tidy(name ?? this.name, () => this.#apply(who, given, experimentalAggregateGradients, extra))
  }

  #apply(who: string, given: unknown, aggregate: boolean, extra: Extra | undefined): number {
    this.#holding.refuseDisposed(who)
    const pairs = readPairs(who, given)
    const there = pairs.flatMap(([gradient, variable]) => (gradient === null ? [] : [[gradient, variable] as const]))
    warnOfMissing(this.name, pairs, this.#warned)
    const programs = this.#programs()
    const variables = [...new Set(there.map(([, variable]) => variable))]
    this.#holding.step(programs.core, variables, book => {
      const { constrained } = this.#holding
      const isConstrained = (variable: tf.Variable): boolean => constrained.has(variable)
      const context = { who, settings: this.#settings, programs, isConstrained, extra }
      return runKerasStep(book, there, aggregate, { ...context, constrain: constrainWith(constrained) })
    })
    return this.iterations
  }

  /**
   * One step on the loss of `f`. As in tfjs, `minimize(f, returnCost, varList)`; as in Keras, `minimize(f, varList,
   * {gradLoss, name})`, where `varList` may be a function that is called after `f`.
   */
  override minimize(f: () => tf.Scalar, returnCost?: boolean, varList?: tf.Variable[]): tf.Scalar | null
  override minimize(f: () => tf.Tensor, varList: VariableList, options?: LossOptions): null
  override minimize(f: () => tf.Tensor, second: boolean | VariableList = false, third?: unknown): tf.Scalar | null {
    const made =
      typeof second === 'boolean'
        ? lossGradients('minimize', f, third as tf.Variable[] | undefined)
        : gradientsFor('minimize', f, second, third as LossOptions | undefined)
    return stepOnLoss(made, () => this.#apply('minimize', made.pairs, true, { value: made.value }), second === true)
  }

  /**
   * The gradients of a loss, in the order of `variables`. Throws ValueError for a variable that it does not depend on.
   */
  getGradients(f: () => tf.Tensor, variables: VariableList): tf.Tensor[] {
    const { value, pairs } = gradientsFor('getGradients', f, variables, { required: true })
    value.dispose()
    return pairs.flatMap(([gradient]) => gradient ?? [])
  }

  /** A list of one function that takes a step on the loss of `f`. */
  getUpdates(f: () => tf.Tensor, variables: VariableList): (() => number)[] {
    const list = readVariables('getUpdates', variables)
    const update = (): number => {
      const gradients = this.getGradients(f, list)
      try {
        return this.applyGradients(list.flatMap((one, i) => (gradients[i] ? [[gradients[i], one] as const] : [])))
      } finally {
        tf.dispose(gradients)
      }
    }
    return [update]
  }

  /** The slot of a variable, as the optimizer's own Variable, which steps assign. Throws KeyError if there is none. */
  getSlot(variable: tf.Variable, slot: string): tf.Variable {
    return getSlot(this.#core('getSlot'), this.#holding, variable, slot)
  }
  /** The names of all slots, in the order of their creation. */
  getSlotNames(): string[] {
    return slotNames(this.#core('getSlotNames'), this.#holding)
  }
  /** Adds a custom slot, or returns the existing one. It is saved with the others and freed with the optimizer. */
  addSlot(variable: tf.Variable, slot: string, options: SlotOptions = {}): tf.Variable {
    return addSlot(this.#core('addSlot'), this.#holding, this.name, variable, slot, options)
  }
  /** Adds a Variable that the optimizer frees; it is not one of its `weights`. */
  addWeight(name: string, shape: readonly number[], options: WeightOptions = {}): tf.Variable {
    this.#holding.refuseDisposed('addWeight')
    return addWeight(this.#weights, name, shape, options)
  }

  /** `iter` with its present value, then all slots in the order of their creation, as Variables that steps assign. */
  get weights(): tf.Variable[] {
    return this.#holding.list('getWeights', this.#core()).map(({ tensor }) => tensor as tf.Variable)
  }
  /** The same as `weights`. */
  variables(): tf.Variable[] {
    return this.weights
  }
  /** `weights` with their names: `iter`, `AdamWeightDecay/dense/kernel/m`, …. */
  override async getWeights(): Promise<NamedTensor[]> {
    return Promise.resolve(this.#holding.list('getWeights', this.#core()))
  }
  /** The values of `weights`, copied to arrays. */
  async getWeightValues(): Promise<(Float32Array | Int32Array | Uint8Array)[]> {
    return Promise.all(this.weights.map(async weight => (await weight.data()).slice() as Float32Array))
  }

  /**
   * Loads weights in the order of `weights`: named tensors, tensors, typed arrays, nested arrays or numbers. Before the
   * first step they wait for their variables. Throws ValueError for another number of weights or another shape.
   */
  override async setWeights(weights: readonly WeightLike[]): Promise<void> {
    const who = 'setWeights'
    const core = this.#core(who)
    const { book } = this.#holding
    if (this.strict) checkStrict(who, this.name, book, weights)
    if (Array.isArray(weights) && weights.length === 0 && book.variables.length === 0) return
    const { list, free } = weightList(who, core, book, weights)
    const check = checkOrigin(who, this.name, this.#kind.tfjs)
    await this.#holding.set(who, () => this.#core(), list, check).finally(free)
  }

  /** Keras's config with its keys and their order; Python's class of this name can read it. */
  override getConfig(): tf.serialization.ConfigDict {
    const { fields, config, forgotten, additions } = this.#kind
    const own = additions.filter(key => this.#settings[key as keyof S] !== fields[key]?.fallback)
    const keys = [...config, ...(this.strict ? [] : forgotten), ...own]
    return writeConfig(this.#settings, this.#given, fields, keys, this.#holding.book) as tf.serialization.ConfigDict
  }

  /** `fromConfig(config, customObjects)` as in Keras; tfjs calls `fromConfig(cls, config)`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    this: unknown,
    first: tf.serialization.SerializableConstructor<T> | Readonly<Record<string, unknown>>,
    second: tf.serialization.ConfigDict | CustomObjects = {},
  ): T {
    const ours = typeof first !== 'function'
    const cls = (ours ? this : first) as new (options: object) => T
    const config = admitRecord('fromConfig', ours ? first : second)
    return new cls(readConfig(config, ours ? customOf<CustomObjects>(second) : {}, config['strict'] === true))
  }

  /** Frees slots and weights; the optimizer cannot be used afterwards. */
  override dispose(): void {
    if (this.#holding.dispose()) tf.dispose([...this.#weights.values()])
  }
}
