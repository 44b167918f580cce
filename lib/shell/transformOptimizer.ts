import * as tf from '@tensorflow/tfjs-core'
import { aggregateInOptimizer } from '../errors/shell.js'
import type { NamedTensor } from '../io/named.js'
import type { Hyper } from '../rule/hyper.js'
import { startsWithGather, type Program } from '../program/program.js'
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
import { learningRateOf, nextRate, withLearningRate } from './learningRate.js'
import { lossGradients, stepOnLoss } from './loss.js'
import { checked } from '../call/checked.js'
import { asOptimizerOptions, readOptions, type AsOptimizerOptions } from './options.js'

export type { AsOptimizerOptions } from './options.js'

type TfjsGradients = Parameters<tf.Optimizer['applyGradients']>[0]
type TfjsConfig = ReturnType<tf.Optimizer['getConfig']>

/**
 * Any chain as a `tf.Optimizer`; `asOptimizer` makes one. It holds the chain, and the state by variable name: everything
 * else follows from these.
 */
export class TransformOptimizer extends tf.Optimizer {
  static readonly className: string = 'TransformOptimizer'
  static override [Symbol.hasInstance] = isInstance
  /** the first part of the names of its weights */
  readonly name: string
  readonly #holding: Holding
  readonly #lastSteps: LastSteps | null
  #program: Program

  constructor(tx: FirstLink, options: AsOptimizerOptions = {}) {
    super()
    const who = 'asOptimizer'
    const { name, lastStep } = readOptions(who, TransformOptimizer.className, options)
    this.#program = programOf(who, 'tx', tx)
    if (startsWithGather(this.#program)) throw aggregateInOptimizer(who, 'aggregate')
    this.name = name
    this.#lastSteps = lastStep ? new LastSteps() : null
    this.#holding = new Holding(name)
  }

  /** The chain, with the learning rate it has now. */
  get tx(): GradientTransformation {
    return fromProgram(this.#program)
  }

  /** The state by variable name, as `tx.init({name: variable})` makes it; null before the first step. Its tensors are the optimizer's own. */
  get state(): unknown {
    return this.#holding.book.state
  }

  /** Finished steps; setting it sets the count of every link. */
  override get iterations(): number {
    return this.#holding.book.iterations
  }
  override set iterations(count: number) {
    this.#holding.moveTo(this.#program, count)
  }

  /**
   * The rate as it was given, a number or a schedule; setting it replaces it everywhere in the chain, from the next step on.
   * Throws RuntimeError for a chain without one, or with several that differ.
   */
  get learningRate(): Hyper {
    return learningRateOf(this.name, this.#program)
  }
  set learningRate(rate: Hyper) {
    this.#program = withLearningRate(this.name, this.#program, rate)
  }

  /** The last step, if `lastStep: true` was given; null before the first. */
  get lastStep(): LastStep | null {
    return this.#lastSteps?.last ?? null
  }

  /** Applies the constraints of a tfjs-layers model's weights after each update from now on. */
  constrain(model: ConstrainedModel): this {
    this.#holding.constrain(model)
    return this
  }

  /** One step on the loss of `f`, which its links see as `extra.value`. */
  override minimize(f: () => tf.Scalar, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    const made = lossGradients('minimize', f, varList)
    const there = made.pairs.flatMap(([gradient, variable]) => (gradient ? [[variable, gradient] as const] : []))
    const step = (): void => {
      this.#apply('minimize', new Map(there), { value: made.value })
    }
    return stepOnLoss(made, step, returnCost)
  }

  /** One step. A gradient that is null or undefined, and a variable left out, sits it out. */
  override applyGradients(gradients: TfjsGradients, extra?: Extra): void {
    this.#apply('applyGradients', gradientsOf('applyGradients', gradients), extra)
  }

  #apply(who: string, of: ReadonlyMap<tf.Variable, tf.Tensor>, extra: Extra | undefined): void {
    this.#holding.refuseDisposed(who)
    const rate = this.#lastSteps === null ? undefined : nextRate(this.#program, this.state, this.iterations)
    const begun = this.#lastSteps?.begin([...of.values()])
    try {
      this.#holding.step(this.#program, [...of.keys()], book =>
        advance(this.#program, book, { who, of, extra, amend: constrainWith(this.#holding.constrained) }),
      )
    } catch (cause) {
      begun?.dispose()
      throw cause
    }
    if (begun !== undefined) this.#lastSteps?.end(begun, this.iterations, rate)
  }

  /**
   * `iter` and every slot, in the order of their creation: `name/variable/slot`. All are the optimizer's own Variables and
   * live: a step changes them, `iter` when weights are asked for. What else a state holds follows: tensors, and numbers
   * as `toNamedTensors` writes them, which are as of this call.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    return Promise.resolve(this.#holding.list('getWeights', this.#program))
  }

  /**
   * Takes weights as `getWeights` gives them, which you may dispose: by name, up to a suffix `_1`, or by position where they
   * have no names. Those of variables that had no step yet wait for it. What does not fit is refused, and changes nothing.
   */
  override async setWeights(weights: readonly (NamedTensor | tf.Tensor)[]): Promise<void> {
    await this.#holding.set('setWeights', () => this.#program, weights)
  }

  /** `{name, tx}` with the chain as JSON, and whether it constrains a model; throws, naming the link, where one cannot be written. */
  override getConfig(): TfjsConfig {
    const tx = writeChain('getConfig', this.#program)
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

  /** Frees all it holds; the optimizer is of no use afterwards. */
  override dispose(): void {
    this.#lastSteps?.dispose()
    this.#holding.dispose()
  }
}

/**
 * A chain as a `tf.Optimizer`, for `model.compile`, `fit`, `minimize` and saving a model with its optimizer.
 *
 * State is kept by variable name, so layers may be frozen, variables may appear later, and several models may share one
 * optimizer. A mask sees the name that the user gave as the path, such as `dense_Dense1/kernel`, also where tfjs has made it
 * `dense_Dense1/kernel_1`. Everything it holds is Variables, so nothing depends on a `tidy`.
 *
 * State: that of the chain; 4 bytes per parameter and slot. `dispose()` frees it; a model never does that for you.
 *
 * @throws TypeError for what is no transformation, or an unknown option; ValueError for a chain that starts with
 * `aggregate`, which takes lists of gradients.
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
