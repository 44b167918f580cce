/** Keras's optimizers as tables: types, properties, checks and configs follow from the fields. */
import type * as tf from '@tensorflow/tfjs-core'
import { checkArguments } from '../../call/checked.js'
import type { Hyper } from '../../rule/hyper.js'
import type { GradientTransformation } from '../../transform.js'
import { forAnyRate } from './anyRate.js'
import type { CustomObjects } from './config.js'
import { namesIn, type Fields, type SettingsOf } from './fields.js'
import { KerasOptimizer } from './kerasOptimizer.js'
import { baseFields, type BaseSettings, type OptionsOf } from './settings.js'
import { hasOnly } from './tfjsConfig.js'

/** The parts in which Keras's optimizers differ. */
export interface OptimizerTable<F extends Fields, S> {
  readonly className: string
  readonly learningRate: number
  /** the arguments besides those that all optimizers have, in the order of `get_config` */
  readonly fields: F
  /** the keys of `get_config` after `name` and the clips; default the rate, `decay` and the fields */
  readonly config?: readonly (keyof S & string)[]
  /** keys that Keras omits from its config; they are written unless `strict` */
  readonly forgotten?: readonly (keyof F & string)[]
  /** those that Keras does not have; written unless they have the default, and Python refuses them then */
  readonly additions?: readonly (keyof F & string)[]
  /** the update for these settings, without clips; `given` are those of the constructor */
  readonly core: (settings: S, rate: Hyper, given: S) => GradientTransformation
  /** the update for sparse gradients, null if there is none */
  readonly sparse: (settings: S, rate: Hyper, given: S) => GradientTransformation | null
  /** the norm to which gradients are clipped before aggregation; 0, the default, for none */
  readonly clipNorm?: (settings: S) => number
  /** slots of tfjs's own optimizers that have the same name as this one's but another meaning, with that meaning */
  readonly tfjs?: Readonly<Record<string, string>>
  /** the keys of a config that tfjs's own class of this name writes, and this class's config for it */
  readonly tfjsConfig?: {
    readonly keys: readonly string[]
    readonly read: (config: tf.serialization.ConfigDict) => tf.serialization.ConfigDict
  }
}

/** The settings of a class: those of its fields and those that all optimizers have. */
export type AllSettings<F> = Omit<BaseSettings, keyof F> & SettingsOf<F>

/** Settings that cannot be changed later. */
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

/** A class with a property for each field, which can be set between steps and is checked as in the constructor. */
export const defineOptimizer = <F extends Fields, S extends BaseSettings = AllSettings<F> & BaseSettings>(
  table: OptimizerTable<F, S>,
): KerasClass<S> => {
  const fields = { ...baseFields(table.className, table.learningRate), ...table.fields }
  const { forgotten = [], additions = [], clipNorm = () => 0, tfjs = {} } = table
  const own = Object.keys(table.fields).filter(key => ![...forgotten, ...additions, 'decay'].includes(key))
  const config = table.config ?? (['learningRate', 'decay', ...own] as const)
  const cores = { core: forAnyRate<S>(table.core), sparse: forAnyRate<S, null>(table.sparse) }
  const kind = { ...table, ...cores, fields, config: config as readonly string[], forgotten, additions, clipNorm, tfjs }
  const signature = { who: table.className, takes: [], options: namesIn(fields) }
  class Defined extends KerasOptimizer<S> {
    static readonly className = table.className
    constructor(...args: readonly [options?: OptionsOf<S>]) {
      super(kind, checkArguments(signature, args))
    }
    /** As in Keras, `fromConfig(config, customObjects)`; tfjs calls `fromConfig(cls, config)`, also with configs of its own. */
    static override fromConfig<T extends tf.serialization.Serializable>(
      first: tf.serialization.SerializableConstructor<T> | Readonly<Record<string, unknown>>,
      second?: tf.serialization.ConfigDict | CustomObjects,
    ): T {
      const { tfjsConfig } = table
      const isTfjs = typeof first === 'function' && tfjsConfig !== undefined && hasOnly(second, tfjsConfig.keys)
      return super.fromConfig(first, isTfjs ? tfjsConfig.read(second) : second)
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
