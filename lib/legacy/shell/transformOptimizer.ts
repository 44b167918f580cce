import * as tf from '@tensorflow/tfjs-core'
import { badIterations, shellDisposed } from '../errors.js'
import type { NamedTensor } from '../../io/named.js'
import type { Hyper } from '../../rule/hyper.js'
import { refuseGather, type Program } from '../../program/program.js'
import {
  fromProgram,
  programOf,
  type Extra,
  type FirstLink,
  type GradientTransformation,
  type Link,
} from '../../transform.js'
import { nothingLoaded, type Loaded } from './bind.js'
import { admit, advance, atIterations, close, emptyBook, type Book } from './book.js'
import { constrainedBy, constrainWith, readModel, type ConstrainedModel } from './constraints.js'
import { gradientsOf, scalarLoss } from './gradients.js'
import { squaredNorm, type LastStep } from './lastStep.js'
import { learningRateOf, rateAt, withLearningRate } from './learningRate.js'
import { Scalars } from './scalars.js'
import { hold, listWeights, load, readIterations, readList, replaceWeights, type Weight } from './weights.js'
import { readShellConfig, programToConfig } from './config.js'
import { readOptions, type AsOptimizerOptions } from './options.js'

export type { AsOptimizerOptions } from './options.js'

type Gradients = Parameters<tf.Optimizer['applyGradients']>[0]
type Config = ReturnType<tf.Optimizer['getConfig']>

/**
 * Any chain as a `tf.Optimizer`; `asOptimizer` makes one. It holds the chain, and the state by variable name: everything
 * else follows from these.
 */
export class TransformOptimizer extends tf.Optimizer {
  static readonly className: string = 'TransformOptimizer'
  /** the first part of the names of its weights */
  readonly name: string
  readonly #recordsSteps: boolean
  #program: Program
  #book: Book = emptyBook
  #loaded: Loaded = nothingLoaded
  #models: readonly ConstrainedModel[] = []
  readonly #scalars = new Scalars()
  #squaredNorm: tf.Tensor | null = null
  #lastStep: LastStep | null = null
  #disposed = false

  constructor(tx: FirstLink, options: AsOptimizerOptions = {}) {
    super()
    const who = 'asOptimizer'
    const { name, lastStep } = readOptions(who, TransformOptimizer.className, options)
    this.#program = refuseGather(who, programOf(who, 'tx', tx))
    this.name = name
    this.#recordsSteps = lastStep
  }

  /** The chain, with the learning rate it has now. */
  get tx(): GradientTransformation {
    return fromProgram(this.#program)
  }

  /** The state by variable name, as `tx.init({name: variable})` makes it; null before the first step. Its tensors are the optimizer's own. */
  get state(): unknown {
    return this.#book.state
  }

  /** Finished steps; setting it sets the count of every link. */
  override get iterations(): number {
    return this.#book.iterations
  }
  override set iterations(count: number) {
    if (!Number.isInteger(count) || count < 0) throw badIterations(this.name, count)
    this.#book = atIterations(this.#program, this.#book, count)
  }

  /** The rate as it was given, a number or a schedule; setting it replaces it everywhere in the chain, from the next step on. */
  get learningRate(): Hyper {
    return learningRateOf(this.name, this.#program)
  }
  set learningRate(rate: Hyper) {
    this.#program = withLearningRate(this.name, this.#program, rate)
  }

  /** The last step, if `lastStep: true` was given; null before the first. */
  get lastStep(): LastStep | null {
    return this.#lastStep
  }

  /** Applies the constraints of a tfjs-layers model's weights after each update from now on. */
  constrain(model: ConstrainedModel): this {
    this.#models = [...this.#models, readModel(model)]
    return this
  }

  /** One step on the loss of `f`, which its links see as `extra.value`. */
  override minimize(f: () => tf.Scalar, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    const { value, grads } = this.computeGradients(scalarLoss('minimize', f), varList)
    try {
      const given = varList?.map(({ name }) => ({ name, tensor: grads[name] })) ?? grads
      this.#apply('minimize', given, { value })
    } catch (cause) {
      value.dispose()
      throw cause
    } finally {
      tf.dispose(grads)
    }
    if (returnCost) return value
    value.dispose()
    return null
  }

  /** One step. A gradient that is null or undefined, and a variable left out, sits it out. */
  override applyGradients(gradients: Gradients, extra?: Extra): void {
    this.#apply('applyGradients', gradients, extra)
  }

  #apply(who: string, given: unknown, extra: Extra | undefined): void {
    if (this.#disposed) throw shellDisposed(who)
    const gradients = gradientsOf(who, given)
    const rate = this.#recordsSteps ? rateAt(this.#program, this.#book.iterations) : undefined
    const { book, loaded, commit, undo } = admit(this.#program, this.#book, [...gradients.keys()], this.#loaded)
    let norm: tf.Tensor | null = null
    try {
      if (this.#recordsSteps) norm = tf.tidy(() => tf.keep(squaredNorm([...gradients.values()])))
      this.#book = advance(this.#program, book, {
        who,
        of: gradients,
        extra,
        amend: constrainWith(constrainedBy(this.#models)),
      })
    } catch (cause) {
      undo()
      norm?.dispose()
      throw cause
    }
    this.#loaded = loaded
    commit()
    if (norm === null) return
    this.#squaredNorm?.dispose()
    this.#squaredNorm = norm
    const squares = norm
    const gradientNorm = async (): Promise<number> => Math.sqrt((await squares.data())[0] ?? NaN)
    this.#lastStep = { iterations: this.#book.iterations, learningRate: rate, gradientNorm }
  }

  /**
   * `iter` and every slot, in the order of their creation: `name/variable/slot`. All are the optimizer's own Variables and
   * live: a step changes them, `iter` when weights are asked for. What else a state holds follows: tensors, and numbers
   * as `toNamedTensors` writes them, which are as of this call.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    if (this.#disposed) throw shellDisposed('getWeights')
    return Promise.resolve([
      { name: 'iter', tensor: this.#scalars.of('iter', this.iterations) },
      ...listWeights(this.#program, this.#book, this.#loaded, this.name, this.#scalars),
    ])
  }

  /**
   * Takes weights as `getWeights` gives them, which you may dispose. Before the first step they wait for their variables,
   * and are found by name, else by position among names that differ in a suffix `_1` only.
   */
  override async setWeights(weights: readonly (NamedTensor | tf.Tensor)[]): Promise<void> {
    const who = 'setWeights'
    if (this.#disposed) throw shellDisposed(who)
    const { list, free } = hold(readList(who, weights))
    const { iterations, loaded } = await this.#read(who, list).finally(free)
    if (this.#isDisposed()) {
      close(emptyBook, loaded)
      throw shellDisposed(who)
    }
    if (this.#book.variables.length > 0) {
      this.#book = replaceWeights(who, this.name, this.#program, this.#book, iterations, loaded)
      return
    }
    close(emptyBook, this.#loaded)
    this.#book = { ...emptyBook, iterations }
    this.#loaded = loaded
  }

  /** Asked after an `await`, when it may be another answer than before. */
  #isDisposed(): boolean {
    return this.#disposed
  }

  async #read(who: string, list: readonly Weight[]) {
    const iterations = await readIterations(who, list[0])
    return { iterations, loaded: await load(who, this.name, list) }
  }

  /** `{name, tx}` with the chain as JSON; throws, naming the link, where one cannot be written. */
  override getConfig(): Config {
    return { name: this.name, lastStep: this.#recordsSteps, tx: programToConfig(this.#program) } as Config
  }

  /** The optimizer of a config; tfjs calls it when a model is loaded. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { tx, options } = readShellConfig(config)
    return new (cls as unknown as new (tx: Link, options: AsOptimizerOptions) => T)(tx, options)
  }

  /** Frees all it holds; the optimizer is of no use afterwards. */
  override dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    close(this.#book, this.#loaded)
    this.#scalars.dispose()
    this.#squaredNorm?.dispose()
    this.#book = emptyBook
    this.#loaded = nothingLoaded
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
 * import { adamw, chain, clipByGlobalNorm } from 'tfjs-optax'
 * import { asOptimizer } from 'tfjs-optax/legacy'
 * const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] })
 * const optimizer = asOptimizer(chain(clipByGlobalNorm(1), adamw(0.01)))
 * model.compile({ optimizer, loss: 'meanSquaredError' })
 * await model.trainOnBatch(tf.ones([8, 3]), tf.ones([8, 1]))
 * optimizer.learningRate = 0.001
 * // optimizer.iterations is 1
 */
export const asOptimizer = (tx: FirstLink, options?: AsOptimizerOptions): TransformOptimizer =>
  new TransformOptimizer(tx, options)
