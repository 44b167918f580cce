import * as tf from '@tensorflow/tfjs-core'
import type { Hyper } from '../../rule/hyper.js'
import { asRecord, refuseUnknown } from '../../rule/options.js'
import type { Program } from '../../program/program.js'
import type { Extra, GradientTransformation } from '../../transform.js'
import { admit } from '../shell/book.js'
import { constrainedBy, constrainWith, readModel, type ConstrainedModel } from '../shell/constraints.js'
import { readConfig, writeConfig, type CustomObjects } from './config.js'
import { gradientsFor, lossGradients, readVariables, type LossOptions, type VariableList } from './loss.js'
import { readPairs, type GradientsAndVariables, type Pair, type ReplicaGradients } from './pairs.js'
import { rateOf } from './rate.js'
import { retarget } from './retarget.js'
import { Weighted } from './weighted.js'
import type { BaseSettings, Fields } from './settings.js'
import { planOf, runStages, type Plan } from './step.js'

/** What makes one of Keras's optimizers: everything else is the same for all. */
export interface Kind<S extends BaseSettings> {
  readonly className: string
  readonly fields: Fields<S>
  /** the keys of `get_config` after `name` and the clips, in order */
  readonly config: readonly (keyof S & string)[]
  /** those that Keras forgets; written all the same unless `strict` */
  readonly forgotten: readonly (keyof S & string)[]
  /** the update for these settings, clips apart; `given` are those of the constructor */
  readonly core: (settings: S, rate: Hyper, given: S) => GradientTransformation
  /** the same for sparse gradients, null where there is none */
  readonly sparse: (settings: S, rate: Hyper, given: S) => GradientTransformation | null
  /** the norm that gradients are clipped to before aggregation; 0 for none */
  readonly clipNorm: (settings: S) => number
}

export interface ApplyOptions {
  /** a label for tfjs's profiler */
  readonly name?: string | null
  /** whether gradients are clipped by `gradientClipNorm` and summed over replicas, default true */
  readonly experimentalAggregateGradients?: boolean
  /** what links may ask for, such as the loss as `value` */
  readonly extra?: Extra
}

interface Prepared {
  readonly settings: BaseSettings
  readonly plan: Plan
}

const clips = ['clipnorm', 'clipvalue', 'globalClipnorm'] as const

/**
 * The shell that Keras's legacy optimizers share: settings that may change between steps, slots by variable, weights in
 * the order of their creation, clips in Keras's order, configs that Python reads. What an optimizer does to a variable
 * is a chain that its kind makes from the settings.
 */
export abstract class KerasOptimizer<S extends BaseSettings> extends Weighted<S> {
  readonly #kind: Kind<S>
  #prepared: Prepared | null = null
  #models: readonly ConstrainedModel[] = []
  readonly #warned = new Set<string>()

  protected constructor(kind: Kind<S>, options: object) {
    super(kind.className, kind.fields, options)
    this.#kind = kind
  }

  protected override core(): Program {
    return this.#prepare().plan.core
  }

  /** The programs of the settings now; slots follow if the update has others. */
  #prepare(): Prepared {
    if (this.#prepared?.settings === this.settings) return this.#prepared
    const settings = this.settings
    const { core, sparse, clipNorm } = this.#kind
    const rate = rateOf(settings.strict ? { ...settings, decay: this.given.decay } : settings)
    const { given } = this
    const plan = planOf(settings, clipNorm(settings), core(settings, rate, given), sparse(settings, rate, given))
    if (this.#prepared !== null) this.book = retarget(this.#prepared.plan.core, plan.core, this.book)
    return (this.#prepared = { settings, plan })
  }

  /** Applies the constraints of a tfjs-layers model's weights after each update from now on. */
  constrain(model: ConstrainedModel): this {
    this.#models = [...this.#models, readModel(model)]
    return this
  }

  /**
   * One step; gives the number of finished steps. Gradients are a map or list by variable name, or pairs `[gradient,
   * variable]`; one may be sparse, `{indices, values}`, or an array with one per replica. Null sits out.
   */
  override applyGradients(given: GradientsAndVariables, options: ApplyOptions = {}): number {
    const {
      name = null,
      experimentalAggregateGradients: aggregate = true,
      extra,
      ...unknown
    } = asRecord('applyGradients', options)
    refuseUnknown('applyGradients', unknown)
    return tf.tidy(name ?? this.name, () => this.#apply('applyGradients', given, aggregate, extra))
  }

  #apply(who: string, given: unknown, aggregate: boolean, extra: Extra | undefined): number {
    this.refuseDisposed(who)
    const pairs = readPairs(who, given)
    const there = pairs.flatMap(([gradient, variable]) => (gradient === null ? [] : [[gradient, variable] as const]))
    this.#warnOf(pairs)
    const { plan } = this.#prepare()
    const variables = [...new Set(there.map(([, variable]) => variable))]
    const { book, loaded, commit, undo } = admit(plan.core, this.book, variables, this.loaded)
    try {
      const constrained = constrainedBy(this.#models)
      const isConstrained = (variable: tf.Variable): boolean => constrained.has(variable)
      const constrain = constrainWith(constrained)
      const stages = { who, settings: this.settings, plan, constrain, isConstrained, extra }
      this.book = runStages(book, there, aggregate, stages)
    } catch (cause) {
      undo()
      throw cause
    }
    this.loaded = loaded
    commit()
    return this.book.iterations
  }

  #warnOf(pairs: readonly Pair<ReplicaGradients | null>[]): void {
    const names = pairs.flatMap(([gradient, { name }]) => (gradient === null ? [name] : []))
    const key = names.join()
    if (names.length === 0 || this.#warned.has(key)) return
    this.#warned.add(key)
    console.warn(
      `${this.name}: gradients do not exist for variables ${names.join(', ')} when minimizing the loss (are they frozen?)`,
    )
  }

  /**
   * One step on the loss of `f`. As in tfjs, `minimize(f, returnCost, varList)`; as in Keras, `minimize(f, varList,
   * {gradLoss, name})`, where `varList` may be a function that is called after `f`.
   */
  override minimize(f: () => tf.Scalar, returnCost?: boolean, varList?: tf.Variable[]): tf.Scalar | null
  override minimize(f: () => tf.Tensor, varList: VariableList, options?: LossOptions): null
  override minimize(f: () => tf.Tensor, second: boolean | VariableList = false, third?: unknown): tf.Scalar | null {
    const { value, pairs } =
      typeof second === 'boolean'
        ? lossGradients('minimize', f, third as tf.Variable[] | undefined)
        : gradientsFor('minimize', f, second, third as LossOptions | undefined)
    try {
      this.#apply('minimize', pairs, true, { value })
    } catch (cause) {
      value.dispose()
      throw cause
    } finally {
      tf.dispose(pairs.flatMap(([gradient]) => gradient ?? []))
    }
    if (second === true) return value as tf.Scalar
    value.dispose()
    return null
  }

  /** The gradients of a loss, in the order of `variables`. Throws ValueError for a variable that it does not depend on. */
  getGradients(f: () => tf.Tensor, variables: VariableList): tf.Tensor[] {
    const { value, pairs } = gradientsFor('getGradients', f, variables, { required: true })
    value.dispose()
    return pairs.flatMap(([gradient]) => gradient ?? [])
  }

  /** A list of one function that takes a step on the loss of `f`. */
  getUpdates(f: () => tf.Tensor, variables: VariableList): (() => number)[] {
    const list = readVariables('getUpdates', variables)
    return [
      () => {
        const gradients = this.getGradients(f, list)
        try {
          return this.applyGradients(
            list.flatMap((variable, i) => (gradients[i] ? [[gradients[i], variable] as const] : [])),
          )
        } finally {
          tf.dispose(gradients)
        }
      },
    ]
  }

  /** Keras's config, in its keys and order; Python's class of this name takes it. */
  override getConfig(): tf.serialization.ConfigDict {
    const { config, forgotten } = this.#kind
    const keys = ['name', ...clips, ...config, ...(this.settings.strict ? [] : forgotten)]
    const held = this.book.state === null ? this.settings : this.held()
    const shown = this.settings.strict ? { ...held, decay: this.given.decay } : this.settings
    return writeConfig(
      shown as unknown as Readonly<Record<string, unknown>>,
      keys,
      clips,
      this.iterations,
    ) as tf.serialization.ConfigDict
  }

  /** `fromConfig(config, customObjects)` as in Keras; tfjs calls `fromConfig(cls, config)`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    this: unknown,
    first: tf.serialization.SerializableConstructor<T> | Readonly<Record<string, unknown>>,
    second: tf.serialization.ConfigDict | CustomObjects = {},
  ): T {
    const ours = typeof first !== 'function'
    const cls = (ours ? this : first) as new (options: object) => T
    const config = ours ? first : second
    return new cls(readConfig(config, ours ? (second as CustomObjects) : {}, config['strict'] === true))
  }
}
