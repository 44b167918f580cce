import * as tf from '@tensorflow/tfjs-core'
import { admitRecord, customOf } from '../config/admit.js'
import type { NamedTensor } from '../io/named.js'
import type { Hyper } from '../rule/hyper.js'
import { averagedDisposed, noShadowCopy, noSlot } from './errors.js'
import { readAverageCall, type ExponentialMovingAverageSettings } from './keras/average.js'
import { Averages } from './keras/averages.js'
import { applyInner, countFor, having } from './keras/inner.js'
import type { ApplyOptions } from './keras/kind.js'
import { gradientsFor, type LossOptions } from './keras/loss.js'
import { readPairs, type GradientsAndVariables, type Pair, type ReplicaGradients } from './keras/pairs.js'
import { deserializeOptimizer, serializeOptimizer, type CustomOptimizers } from './optimizers.js'
import type { ConstrainedModel } from '../shell/constraints.js'
import { camelCase } from './keras/settings.js'
import { isInstance } from '../shell/instance.js'
import { lossGradients, stepOnLoss, type VariableList } from '../shell/loss.js'

/** The weights of a tfjs-layers model. */
export interface ShadowedModel {
  readonly weights: readonly { readonly read: () => tf.Tensor }[]
  readonly trainableWeights: readonly { readonly read: () => tf.Tensor }[]
}

/**
 * An optimizer around another one that keeps an exponential moving average of the variables, to evaluate or save
 * instead of them: the Model Garden's `ExponentialMovingAverage`, bit for bit in float32.
 *
 * After the `k`-th inner step: `average = average - (average - p)(1 - d)`, where `d` is 0 before `startStep`, then
 * `averageDecay`, or with `dynamicDecay` `min(averageDecay, (1 + j) / (10 + j))` with `j = k - startStep`. **Averages
 * start at zero and are not corrected**, as upstream: with `dynamicDecay` the first is 9/11 of the variable, with a
 * fixed decay of 0.99 it is 1/100. With a `startStep` of 2 or more the first averages are copies, which avoids this.
 *
 * `shadowCopy(model)` or `shadowCopy(variables)` selects the variables to average; without it, those of the first step
 * are. `swapWeights()` exchanges variables and averages: call it before evaluation and again before training goes on.
 * `assignAverageVars(variables)` copies averages into variables for good.
 *
 * Options: `trainableWeightsOnly` (true; of a model), `averageDecay` (0.99, in [0, 1)), `startStep` (0, a whole number
 * of steps), `dynamicDecay` (true), `name`, `strict` (false; true requires `shadowCopy` before the first step, and
 * limits weights and config to those of upstream).
 *
 * State: that of the inner optimizer; `average` by variable, float32 of its shape, 4 bytes per parameter. Weights: the
 * inner's, then `dense/kernel/average`, …. It owns the inner optimizer: `dispose()` frees both.
 *
 * @throws TypeError if `optimizer` is not an optimizer, or for an unknown option; ValueError for an option out of its
 * range; RuntimeError for a swap before there are averages. A call that throws changes nothing.
 * @source tensorflow/models `official/modeling/optimization/ema_optimizer.py`, which swaps by sums and differences, and
 * so rounds, and has no averages in its weights. optax's `ema` averages updates and corrects for the start.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { ExponentialMovingAverage, SGD } from 'tfjs-optax/legacy'
 * const w = tf.variable(tf.tensor1d([1, 2]))
 * const optimizer = new ExponentialMovingAverage(new SGD({ learningRate: 0.5 }), { startStep: 2 })
 * optimizer.applyGradients([[tf.tensor1d([1, -1]), w]])
 * optimizer.applyGradients([[tf.tensor1d([1, 0]), w]])
 * const average = optimizer.getSlot(w, 'average') // 1/10 of [0.5, 2.5] and 9/10 of [0, 2.5]
 * optimizer.swapWeights()
 * optimizer.swapWeights()
 * // w is [0, 2.5]
 */
export class ExponentialMovingAverage extends tf.Optimizer {
  static readonly className = 'ExponentialMovingAverage'
  static override [Symbol.hasInstance] = isInstance
  readonly #settings: ExponentialMovingAverageSettings
  readonly #inner: tf.Optimizer
  readonly #averages: Averages

  constructor(...args: readonly [optimizer: tf.Optimizer, options?: Partial<ExponentialMovingAverageSettings>]) {
    super()
    const { optimizer, settings } = readAverageCall(ExponentialMovingAverage.className, args)
    this.#inner = optimizer
    this.#settings = settings
    this.#averages = new Averages(this.#settings)
  }

  /** The inner optimizer. */
  get optimizer(): tf.Optimizer {
    return this.#inner
  }
  get name(): string {
    return this.#settings.name
  }
  /** The options, with their defaults. */
  get settings(): ExponentialMovingAverageSettings {
    return this.#settings
  }
  /** Finished steps of the inner optimizer. */
  override get iterations(): number {
    return this.#inner.iterations
  }
  override set iterations(count: number) {
    having(this.name, this.#inner, 'iterations').iterations = count
  }
  get learningRate(): Hyper {
    return having(this.name, this.#inner, 'learningRate').learningRate
  }
  set learningRate(rate: Hyper) {
    having(this.name, this.#inner, 'learningRate').learningRate = rate
  }
  /** Keras's other name of `learningRate`. */
  get lr(): Hyper {
    return this.learningRate
  }
  set lr(rate: Hyper) {
    this.learningRate = rate
  }

  /** Whether there are averages: `shadowCopy` or a step has selected variables. */
  get hasShadowCopy(): boolean {
    return this.#averages.list.length > 0
  }

  /** Adds averages, from zero, for these variables: a model's, all or only trainable ones, or those of a list. */
  shadowCopy(of: ShadowedModel | readonly tf.Variable[]): this {
    const { trainableWeightsOnly } = this.#settings
    const variables = isList(of)
      ? of
      : (trainableWeightsOnly ? of.trainableWeights : of.weights).map(weight => weight.read())
    this.#averages.add('shadowCopy', variables as readonly tf.Variable[]).commit()
    return this
  }

  /** Applies the constraints of a model's weights in the inner optimizer. */
  constrain(model: ConstrainedModel): this {
    having(this.name, this.#inner, 'constrain').constrain(model)
    return this
  }

  /** One step of the inner optimizer, then of the averages; returns the number of finished steps. */
  override applyGradients(given: GradientsAndVariables, options: ApplyOptions = {}): number {
    return this.#apply('applyGradients', readPairs('applyGradients', given), options)
  }

  #apply(who: string, pairs: readonly Pair<ReplicaGradients | null>[], options: ApplyOptions): number {
    this.#averages.settle(who)
    const there = pairs.flatMap(([gradient, variable]) => (gradient === null ? [] : [variable]))
    if (!this.hasShadowCopy && this.#settings.strict) throw noShadowCopy(who, this.name)
    const added = this.hasShadowCopy ? null : this.#averages.add(who, [...new Set(there)])
    const before = this.iterations
    try {
      applyInner(this.#inner, pairs, options)
      if (this.iterations === before) countFor(this.#inner)
    } catch (cause) {
      added?.undo()
      throw cause
    }
    added?.commit()
    this.#averages.step(this.iterations)
    return this.iterations
  }

  /** One step on the loss of `f`, in the forms of tfjs and of Keras; see `AdamWeightDecay`. */
  override minimize(f: () => tf.Scalar, returnCost?: boolean, varList?: tf.Variable[]): tf.Scalar | null
  override minimize(f: () => tf.Tensor, varList: VariableList, options?: LossOptions): null
  override minimize(f: () => tf.Tensor, second: boolean | VariableList = false, third?: unknown): tf.Scalar | null {
    const made =
      typeof second === 'boolean'
        ? lossGradients('minimize', f, third as tf.Variable[] | undefined)
        : gradientsFor('minimize', f, second, third as LossOptions | undefined)
    const extra = { value: made.value }
    return stepOnLoss(made, () => this.#apply('minimize', made.pairs, { extra }), second === true)
  }

  /** Exchanges every variable with its average; a second call restores the same bits. */
  swapWeights(): void {
    if (!this.hasShadowCopy) throw noShadowCopy('swapWeights', this.name)
    const gone = this.#averages.list.find(({ variable }) => variable.isDisposed)
    if (gone !== undefined) throw averagedDisposed('swapWeights', gone.variable.name)
    this.#averages.swap()
  }

  /** Assigns to each trainable variable of the list the value of its average. */
  assignAverageVars(variables: readonly tf.Variable[]): void {
    const trained = variables.filter(({ trainable }) => trainable)
    const averages = trained.map(variable => this.getSlot(variable, 'average'))
    averages.forEach((average, i) => trained[i]?.assign(average))
  }

  /**
   * The slot `average`, or one of the inner optimizer, as a Variable that steps assign. Throws KeyError if there is
   * none.
   */
  getSlot(variable: tf.Variable, slot: string): tf.Variable {
    if (slot !== 'average') return having('getSlot', this.#inner, 'getSlot').getSlot(variable, slot)
    const found = this.#averages.list.find(one => one.variable === variable)
    if (found === undefined) throw noSlot('getSlot', variable.name, slot, [])
    return found.average
  }

  /** The inner optimizer's weights, then the averages (not with `strict`), as Variables that steps assign. */
  get weights(): tf.Variable[] {
    const { weights } = having('weights', this.#inner, 'weights')
    return [...weights, ...(this.#settings.strict ? [] : this.#averages.weights.map(({ tensor }) => tensor))]
  }

  /** `weights` with names: `iter`, `SGD/dense/kernel/momentum`, `dense/kernel/average`. */
  override async getWeights(): Promise<NamedTensor[]> {
    return [...(await this.#inner.getWeights()), ...(this.#settings.strict ? [] : this.#averages.weights)]
  }

  /** Loads weights as `getWeights` returns them, with or without the averages; you may dispose them afterwards. */
  override async setWeights(weights: readonly (NamedTensor | tf.Tensor)[]): Promise<void> {
    const who = 'setWeights'
    this.#averages.holding.refuseDisposed(who)
    const name = 'name' in this.#inner ? String(this.#inner.name) : this.#inner.getClassName()
    const count = (await this.#inner.getWeights()).length
    const { ours, others } = this.#averages.split(weights, { name, count })
    const change = ours.length === 0 ? null : await this.#averages.read(who, ours)
    try {
      await this.#inner.setWeights(others as NamedTensor[])
    } catch (cause) {
      change?.undo()
      throw cause
    }
    change?.commit()
  }

  /** Keras's config with that of the inner optimizer, and `trainable_weights_only`, which Keras omits. */
  override getConfig(): tf.serialization.ConfigDict {
    const { name, averageDecay, startStep, dynamicDecay, trainableWeightsOnly, strict } = this.#settings
    const optimizer = serializeOptimizer(this.#inner) as tf.serialization.ConfigDict
    const kept = { average_decay: averageDecay, start_step: startStep, dynamic_decay: dynamicDecay }
    return { name, optimizer, ...kept, ...(!strict && { trainable_weights_only: trainableWeightsOnly }) }
  }

  /** `fromConfig(config, customObjects)` as in Keras; tfjs calls `fromConfig(cls, config)`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    this: unknown,
    first: tf.serialization.SerializableConstructor<T> | Readonly<Record<string, unknown>>,
    second: tf.serialization.ConfigDict | CustomOptimizers = {},
  ): T {
    const ours = typeof first !== 'function'
    const cls = (ours ? this : first) as new (optimizer: tf.Optimizer, options: object) => T
    const who = `${ExponentialMovingAverage.className}.fromConfig`
    const all = Object.entries(admitRecord(who, ours ? first : second)).map(([key, x]) => [camelCase(key), x] as const)
    const { optimizer, customObjects: _, ...options } = Object.fromEntries(all)
    return new cls(deserializeOptimizer(who, optimizer, ours ? customOf(second) : {}), options)
  }

  /** Frees the averages and the inner optimizer; neither can be used afterwards. */
  override dispose(): void {
    this.#averages.holding.dispose()
    this.#inner.dispose()
  }
}

const isList = (of: ShadowedModel | readonly tf.Variable[]): of is readonly tf.Variable[] => Array.isArray(of)
