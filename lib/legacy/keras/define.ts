/** Keras's optimizers as tables: type, properties, checks and configs follow from the fields. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Hyper } from '../../rule/hyper.js'
import type { GradientTransformation } from '../../transform.js'
import type { CustomObjects } from './config.js'
import type { Fields, SettingsOf } from './fields.js'
import { KerasOptimizer } from './kerasOptimizer.js'
import { baseFields, type BaseSettings, type OptionsOf } from './settings.js'

/** What makes one of Keras's optimizers: everything else is the same for all. */
export interface OptimizerTable<F extends Fields, S> {
  readonly className: string
  readonly learningRate: number
  /** its arguments beside those that all have, in the order of `get_config` */
  readonly fields: F
  /** the keys of `get_config` after `name` and the clips, where that is not the rate, `decay` and the fields */
  readonly config?: readonly (keyof S & string)[]
  /** those that Keras forgets; written all the same unless `strict` */
  readonly forgotten?: readonly (keyof F & string)[]
  /** the update for these settings, clips apart; `given` are those of the constructor */
  readonly core: (settings: S, rate: Hyper, given: S) => GradientTransformation
  /** the same for sparse gradients, null where there is none */
  readonly sparse: (settings: S, rate: Hyper, given: S) => GradientTransformation | null
  /** the norm that gradients are clipped to before aggregation; 0 or nothing for none */
  readonly clipNorm?: (settings: S) => number
  /** slots of tfjs's own optimizers that look like this one's and mean something else, with what that is */
  readonly tfjs?: Readonly<Record<string, string>>
}

/** The settings of a class: those of its fields over those that all have. */
export type AllSettings<F> = Omit<BaseSettings, keyof F> & SettingsOf<F>

/** What is set when an optimizer is made, and stays. */
type Fixed = 'name' | 'strict'

export interface KerasClass<S extends BaseSettings> {
  readonly className: string
  new (options?: OptionsOf<S>): KerasOptimizer<S> & { -readonly [K in Exclude<keyof S, Fixed>]: S[K] }
  /** `fromConfig(config, customObjects)` as in Keras; tfjs calls `fromConfig(cls, config)`. */
  fromConfig<T extends tf.serialization.Serializable>(
    first: tf.serialization.SerializableConstructor<T> | Readonly<Record<string, unknown>>,
    second?: tf.serialization.ConfigDict | CustomObjects,
  ): T
}

/** A class with a property for each field, read and written between steps, checked as in the constructor. */
export const defineOptimizer = <F extends Fields, S extends BaseSettings = AllSettings<F> & BaseSettings>(
  table: OptimizerTable<F, S>,
): KerasClass<S> => {
  const fields = { ...baseFields(table.className, table.learningRate), ...table.fields }
  const { forgotten = [], clipNorm = () => 0, tfjs = {} } = table
  const own = Object.keys(table.fields).filter(key => key !== 'decay' && !forgotten.includes(key))
  const config = table.config ?? (['learningRate', 'decay', ...own] as const)
  const kind = { ...table, fields, config: config as readonly string[], forgotten, clipNorm, tfjs }
  class Defined extends KerasOptimizer<S> {
    static readonly className = table.className
    constructor(options: OptionsOf<S> = {}) {
      super(kind, options)
    }
  }
  for (const key of Object.keys(fields))
    if (!(key in KerasOptimizer.prototype))
      Object.defineProperty(Defined.prototype, key, {
        get(this: Defined) {
          return this.read(key)
        },
        set(this: Defined, value: unknown) {
          this.write(key, value)
        },
        configurable: true,
      })
  return Defined as unknown as KerasClass<S>
}
