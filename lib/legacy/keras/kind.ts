/** The kind of a Keras optimizer, and the options of a step. */
import type { Hyper } from '../../rule/hyper.js'
import type { Extra, GradientTransformation } from '../../transform.js'
import type { Fields } from './fields.js'
import type { BaseSettings } from './settings.js'

/** A table of `defineOptimizer` with its defaults filled in; `fields` include those that all optimizers have. */
export interface OptimizerKind<S extends BaseSettings> {
  readonly className: string
  readonly fields: Fields
  readonly config: readonly string[]
  readonly forgotten: readonly string[]
  readonly additions: readonly string[]
  readonly core: (settings: S, rate: Hyper, given: S) => GradientTransformation
  readonly sparse: (settings: S, rate: Hyper, given: S) => GradientTransformation | null
  readonly clipNorm: (settings: S) => number
  readonly tfjs: Readonly<Record<string, string>>
}

/** Options of `applyGradients` of Keras's optimizers. */
export interface ApplyOptions {
  /** a label for tfjs's profiler */
  readonly name?: string | null
  /** whether gradients are clipped by `gradientClipNorm` and summed over replicas, default true */
  readonly experimentalAggregateGradients?: boolean
  /** values that links may ask for by name, such as the loss as `value` */
  readonly extra?: Extra
}
