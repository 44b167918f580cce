import * as tf from '@tensorflow/tfjs-core'
import { aggregateInOptimizer } from '../errors/shell.js'
import type { NamedTensor } from '../io/named.js'
import type { Hyper } from '../rule/hyper.js'
import { renewed } from '../program/fold.js'
import { gathersAcross, startsWithGather } from '../program/gathers.js'
import {
  fromProgram,
  programOf,
  type Extra,
  type FirstLink,
  type GradientTransformation,
  type Link,
} from '../transform.js'
import { advance } from './book.js'
import { readShellConfig, writeChain } from './chainConfig.js'
import { constrainWith, type ConstrainedModel } from './constraints.js'
import { gradientsOf } from './gradients.js'
import { Holding } from './holding.js'
import { isInstance } from './instance.js'
import { LastSteps, type LastStep } from './lastStep.js'
import { nextRate } from './learningRate.js'
import { lossGradients, stepOnLoss } from './loss.js'
import { RatedProgram } from './ratedProgram.js'
import { checkCall, checked } from '../call/checked.js'
import { asOptimizerOptions, readOptions, type AsOptimizerOptions } from './options.js'

export type { AsOptimizerOptions } from './options.js'

type TfjsGradients = Parameters<tf.Optimizer['applyGradients']>[0]
type TfjsConfig = ReturnType<tf.Optimizer['getConfig']>

/**
 * Any chain as a `tf.Optimizer`; `asOptimizer` makes one. It holds the chain, and the state by variable name.
 *
 * @example
 * import { adamw, asOptimizer, TransformOptimizer } from 'tfjs-optax'
 * const isOne = asOptimizer(adamw(1e-3)) instanceof TransformOptimizer
 * // isOne is true
 */
export class TransformOptimizer extends tf.Optimizer {
  static readonly className: string = 'TransformOptimizer'
  static override [Symbol.hasInstance] = isInstance
  /** the prefix of the names of its weights */
  readonly name: string
  readonly #holding: Holding
  readonly #lastSteps: LastSteps | null
  readonly #rated: RatedProgram

  constructor(...args: readonly [tx: FirstLink, options?: AsOptimizerOptions]) {
    super()
    const { className } = TransformOptimizer
    checkCall({ who: className, takes: ['tx'], options: asOptimizerOptions }, args)
    const [tx, options = {}] = args
    const who = 'asOptimizer'
    const { name, lastStep } = readOptions(who, className, options)
    const program = programOf(who, 'tx', tx)
    if (startsWithGather(program) && !gathersAcross(program)) throw aggregateInOptimizer(who, 'aggregate')
    this.name = name
    this.#rated = new RatedProgram(name, program)
    this.#lastSteps = lastStep ? new LastSteps() : null
    this.#holding = new Holding(name)
  }

  /** The chain, with its present learning rate. */
  get tx(): GradientTransformation {
    return fromProgram(this.#rated.program)
  }

  /**
   * The state by variable name, as `tx.init({name: variable})` makes it; null before the first step. Its tensors belong
   * to the optimizer.
   */
  get state(): unknown {
    return this.#holding.book.state
  }

  /** Finished steps; setting it sets the count of every link. */
  override get iterations(): number {
    return this.#holding.book.iterations
  }
  override set iterations(count: number) {
    this.#holding.moveTo(this.#rated.program, count)
  }

  /**
   * The learning rate as it was given, a number or a schedule. Setting it replaces the rate everywhere in the chain,
   * from the next step on. Throws RuntimeError if the chain has none, or several that differ.
   */
  get learningRate(): Hyper {
    return this.#rated.learningRate
  }
  set learningRate(rate: Hyper) {
    this.#rated.learningRate = rate
    const { book } = this.#holding
    const state = renewed(this.#rated.running, book.state)
    if (state !== book.state) this.#holding.book = { ...book, state }
  }

  /** The last step, if `lastStep: true` was given; null otherwise and before the first step. */
  get lastStep(): LastStep | null {
    return this.#lastSteps?.last ?? null
  }

  /** From now on, applies the constraints of a tfjs-layers model's weights after each update. */
  constrain(model: ConstrainedModel): this {
    this.#holding.constrain(model)
    return this
  }

  /** One step on the loss that `f` returns; links see its value as `extra.value`. */
  override minimize(f: () => tf.Scalar, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    const made = lossGradients('minimize', f, varList)
    const there = made.pairs.flatMap(([gradient, variable]) => (gradient ? [[variable, gradient] as const] : []))
    const step = (): void => {
      this.#apply('minimize', new Map(there), { value: made.value })
    }
    return stepOnLoss(made, step, returnCost)
  }

  /** One step. Variables without a gradient, or with null or undefined for one, sit it out. */
  override applyGradients(gradients: TfjsGradients, extra?: Extra): void {
    this.#apply('applyGradients', gradientsOf('applyGradients', gradients), extra)
  }

  #nextRate(of: ReadonlyMap<tf.Variable, tf.Tensor>): LastStep['learningRate'] {
    const variables = Object.fromEntries([...of.keys()].map(variable => [variable.name, variable]))
    return nextRate(this.#rated.running, this.state, this.iterations, variables)
  }

  #apply(who: string, of: ReadonlyMap<tf.Variable, tf.Tensor>, extra: Extra | undefined): void {
    this.#holding.refuseDisposed(who)
    const rate = this.#lastSteps === null ? undefined : this.#nextRate(of)
    const begun = this.#lastSteps?.begin([...of.values()])
    try {
      this.#holding.step(this.#rated.running, [...of.keys()], book =>
        advance(this.#rated.running, book, { who, of, extra, amend: constrainWith(this.#holding.constrained) }),
      )
    } catch (cause) {
      begun?.dispose()
      throw cause
    }
    if (begun !== undefined) this.#lastSteps?.end(begun, this.iterations, rate)
  }

  /**
   * `iter` and every slot, as `name/variable/slot`, in the order of their creation. All are the optimizer's own
   * Variables: a step changes the slots, a call of `getWeights` updates `iter`. The other parts of the state follow:
   * tensors, and numbers in the form of `toNamedTensors`, with their values at this call.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    return Promise.resolve(this.#holding.list('getWeights', this.#rated.program))
  }

  /**
   * Loads weights as `getWeights` returns them; you may dispose them afterwards. They are matched by name, up to a
   * suffix `_1`, or by position if they have no names. Weights of variables that had no step yet wait for it. A list
   * that does not fit is refused and changes nothing.
   */
  override async setWeights(weights: readonly (NamedTensor | tf.Tensor)[]): Promise<void> {
    await this.#holding.set('setWeights', () => this.#rated.program, weights)
  }

  /**
   * `{name, lastStep, tx}` with the chain as JSON, and `constrained` if it constrains a model. Throws, naming the link,
   * if one cannot be written.
   */
  override getConfig(): TfjsConfig {
    const tx = writeChain('getConfig', this.#rated.program)
    const constrained = this.#holding.constrains ? { constrained: true } : {}
    return { name: this.name, lastStep: this.#lastSteps !== null, ...constrained, tx } as unknown as TfjsConfig
  }

  /** The optimizer of a config; tfjs calls it when a model is loaded. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { tx, options, constrained } = readShellConfig(config)
    const made = new (cls as unknown as new (tx: Link, options: AsOptimizerOptions) => T)(tx, options)
    if (constrained && made instanceof TransformOptimizer) made.#holding.expectConstraints()
    return made
  }

  /** Frees the state; the optimizer cannot be used afterwards. */
  override dispose(): void {
    this.#lastSteps?.dispose()
    this.#holding.dispose()
  }
}

/**
 * A chain as a `tf.Optimizer`, for `model.compile`, `fit`, `minimize` and saving a model with its optimizer.
 *
 * State is kept by variable name, so layers may be frozen, variables may appear later, and several models may share one
 * optimizer. The path that a mask sees is the name that the user gave, such as `dense_Dense1/kernel`, even if tfjs has
 * changed it to `dense_Dense1/kernel_1`. The state consists of Variables, so no `tidy` frees it.
 *
 * State: that of the chain; 4 bytes per parameter and slot. `dispose()` frees it; a model never does that for you.
 *
 * @throws TypeError if `tx` is not a transformation, or for an unknown option; ValueError for a chain that starts with
 * `aggregate`, which takes lists of gradients, unless the other replicas are in other processes (`tfjs-optax/mpi`).
 * @source tfjs `tf.Optimizer`, whose own optimizers keep slots by position and mix them up when a layer is frozen.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import { layers, sequential } from '@tensorflow/tfjs-layers'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, asOptimizer, chain, clipByGlobalNorm } from 'tfjs-optax'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * const optimizer = asOptimizer(chain(clipByGlobalNorm(1), adamw(0.01)))
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * await model.trainOnBatch(tf.ones([8, 3]), tf.ones([8, 1]))
 * optimizer.learningRate = 0.001
 * // optimizer.iterations is 1
 */
export const asOptimizer = /* @__PURE__ */ checked(
  { who: 'asOptimizer', takes: ['tx'], options: asOptimizerOptions },
  (tx: FirstLink, options?: AsOptimizerOptions): TransformOptimizer => new TransformOptimizer(tx, options),
)
