/** What an optimizer of Keras is, and what a step of it takes. */
import type { Hyper } from '../../rule/hyper.js'
import type { Extra, GradientTransformation } from '../../transform.js'
import type { Fields } from './fields.js'
import type { BaseSettings } from './settings.js'

/** A table of `defineOptimizer`, with the fields that all have and what it leaves out. */
export interface OptimizerKind<S extends BaseSettings> {
  readonly className: string
  readonly fields: Fields
  readonly config: readonly string[]
  readonly forgotten: readonly string[]
  readonly core: (settings: S, rate: Hyper, given: S) => GradientTransformation
  readonly sparse: (settings: S, rate: Hyper, given: S) => GradientTransformation | null
  readonly clipNorm: (settings: S) => number
  readonly tfjs: Readonly<Record<string, string>>
}

export interface ApplyOptions {
  /** a label for tfjs's profiler */
  readonly name?: string | null
  /** whether gradients are clipped by `gradientClipNorm` and summed over replicas, default true */
  readonly experimentalAggregateGradients?: boolean
  /** what links may ask for, such as the loss as `value` */
  readonly extra?: Extra
}
