/** The stateful optimizers by the class names in configs. */
import * as tf from '@tensorflow/tfjs-core'
import { isRecord } from '../tree/structure.js'
import { Adagrad } from './adagrad.js'
import { Adam } from './adam.js'
import { AdamWeightDecay } from './adamWeightDecay.js'
import { notAnOptimizer, unknownOptimizer } from './errors.js'
import { camelCase } from './keras/settings.js'
import { LAMB } from './lamb.js'
import { LARS } from './lars.js'
import { RMSprop } from './rmsprop.js'
import { SGD } from './sgd.js'
import type { Json } from '../config/json.js'
import { TransformOptimizer } from '../shell/transformOptimizer.js'

/** A class that tfjs can instantiate from a config. */
export type OptimizerClass = tf.serialization.SerializableConstructor<tf.Optimizer>
/** Functions that make custom optimizers from their configs, by class name. */
export type CustomOptimizers = Readonly<Record<string, (config: Readonly<Record<string, unknown>>) => tf.Optimizer>>

const folder = 'official.modeling.optimization'
/** Each class with its module and registered name in Python; null if Python has no such class. */
const classes: readonly (readonly [cls: unknown, python: readonly [string, string | null] | null])[] = [
  [SGD, ['keras.optimizers.legacy', null]],
  [RMSprop, ['keras.optimizers.legacy', null]],
  [Adam, ['keras.optimizers.legacy', null]],
  [Adagrad, ['keras.optimizers.legacy', null]],
  [AdamWeightDecay, [`${folder}.legacy_adamw`, 'AdamWeightDecay']],
  [LAMB, [`${folder}.lamb`, 'Addons>LAMB']],
  [LARS, [`${folder}.lars`, 'LARS']],
  [TransformOptimizer, null],
]

const byName = new Map(classes.map(([cls, python]) => [(cls as OptimizerClass).className, { cls, python }] as const))

/** The module in configs of tfjs's own classes, some of which have the same names as ours. */
const tfjsModule = 'tfjs'
const tfjsClasses = [
  tf.SGDOptimizer,
  tf.MomentumOptimizer,
  tf.RMSPropOptimizer,
  tf.AdamOptimizer,
  tf.AdagradOptimizer,
  tf.AdadeltaOptimizer,
  tf.AdamaxOptimizer,
] as unknown as readonly (OptimizerClass & Pick<typeof tf.Optimizer, 'fromConfig'>)[]

/** The classes with these names. */
export const classesOf = (...names: readonly string[]): readonly OptimizerClass[] =>
  names.flatMap(name => (byName.get(name)?.cls as OptimizerClass | undefined) ?? [])

/** An optimizer in the config of another one, as Keras writes it. */
export const serializeOptimizer = (optimizer: tf.Optimizer): Json => {
  const [name, config] = [optimizer.getClassName(), optimizer.getConfig() as Json]
  if (tfjsClasses.some(cls => cls === optimizer.constructor)) return { module: tfjsModule, class_name: name, config }
  const python = byName.get(name)?.python ?? null
  if (python === null) return { class_name: name, config }
  return { module: python[0], class_name: name, config, registered_name: python[1] }
}

/**
 * The optimizer that such a config describes: made by `custom`, one of tfjs's or ours, or of a class registered in
 * tfjs.
 */
export const deserializeOptimizer = (who: string, json: unknown, custom: CustomOptimizers = {}): tf.Optimizer => {
  if (!isRecord(json)) throw notAnOptimizer(who, json)
  const given = Object.fromEntries(Object.entries(json).map(([key, value]) => [camelCase(key), value]))
  const { className, config = {} } = given
  if (typeof className !== 'string' || !isRecord(config)) throw notAnOptimizer(who, json)
  const make = Object.hasOwn(custom, className) ? custom[className] : undefined
  if (make !== undefined) return make(config)
  const tfjs = given['module'] === tfjsModule && tfjsClasses.find(cls => cls.className === className)
  if (tfjs) return tfjs.fromConfig(tfjs, config as tf.serialization.ConfigDict)
  const ours = byName.get(className)?.cls as (OptimizerClass & Pick<typeof tf.Optimizer, 'fromConfig'>) | undefined
  const data = config as tf.serialization.ConfigDict
  if (ours !== undefined) return ours.fromConfig(ours, data)
  const { classNameMap } = tf.serialization.SerializationMap.getMap()
  const registered = Object.hasOwn(classNameMap, className) ? classNameMap[className] : undefined
  if (registered === undefined) throw unknownOptimizer(who, className, [...byName.keys()])
  const [cls, fromConfig] = registered
  return fromConfig(cls, data) as tf.Optimizer
}
