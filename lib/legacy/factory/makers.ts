/** Makes the optimizer of a Model Garden config, and the moving average around it. */
import type * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F, readonlyRecord as R } from 'fp-ts'
import { nameOf } from '../../errors.js'
import { isRecord } from '../../tree/structure.js'
import type { Hyper } from '../../rule/hyper.js'
import { Adagrad } from '../adagrad.js'
import { Adam } from '../adam.js'
import { AdamWeightDecay } from '../adamWeightDecay.js'
import { ExponentialMovingAverage } from '../exponentialMovingAverage.js'
import { LAMB } from '../lamb.js'
import { LARS } from '../lars.js'
import { RMSprop } from '../rmsprop.js'
import { SGD } from '../sgd.js'
import { kerasKey } from '../keras/config.js'
import { isOptimizer } from '../keras/inner.js'
import { camelCase, type BaseSettings } from '../keras/settings.js'
import {
  checked,
  choose,
  fault,
  given,
  unknownKeys,
  type ChosenType,
  type Choices,
  type FactoryConfig,
  type OrFaults,
} from './choice.js'

/** Makes an optimizer from options in camel case; throws if one is wrong. */
export type MakeOptimizer = (options: Readonly<Record<string, unknown>>) => tf.Optimizer
export type Makers = Readonly<Record<string, MakeOptimizer>>

/** The options that a config cannot contain. */
export interface Beside extends Partial<Pick<BaseSettings, 'gradientAggregator' | 'gradientTransformers'>> {
  readonly learningRate: Hyper
}

type Settled = tf.Optimizer & { readonly settings: object }
const optimizers: Readonly<Record<string, (options: object) => Settled>> = {
  sgd: options => new SGD(options),
  adam: options => new Adam(options),
  adamw: options => new AdamWeightDecay(options),
  lamb: options => new LAMB(options),
  rmsprop: options => new RMSprop(options),
  lars: options => new LARS(options),
  adagrad: options => new Adagrad(options),
}

/** Types of the Model Garden that this package does not have, with a replacement for each. */
const elsewhere: Readonly<Record<string, string>> = {
  sgd_experimental: 'one of the new Keras optimizers; take sgd',
  adam_experimental: 'one of the new Keras optimizers; take adam',
  adamw_experimental: 'one of the new Keras optimizers; take adamw here, or the recipe adamw of tfjs-optax',
  slide: 'not open source upstream; take adamw or lamb',
  adafactor: 'not open source upstream; take adamw',
  adafactor_keras: 'one of the new Keras optimizers; take adamw',
}

const besides = ['learning_rate', 'gradient_aggregator', 'gradient_transformers']
/** The keys of an optimizer's config: every setting that is data. */
const keysOf = ({ settings }: Pick<Settled, 'settings'>): readonly string[] =>
  Object.keys(settings)
    .map(kerasKey)
    .filter(key => !besides.includes(key))

const inCamelCase = (config: FactoryConfig): FactoryConfig =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [camelCase(key), value]))

/** The result of a constructor, or its error as lines: `Adam: beta1 must be …` becomes `<path>.beta_1: expected …`. */
const attempt = <X>(path: string, keys: readonly string[], make: () => X): OrFaults<X> => {
  const written = new Map(keys.map(key => [camelCase(key), key]))
  const lineOf = (line: string): string => {
    const text = line.replace(/\w+/g, word => written.get(word) ?? word)
    const [, key = '', says] = /^(?:\w+: )?(\w+) must be (.*)$/.exec(text) ?? []
    return keys.includes(key) ? `${path}.${key}: expected ${says}` : `${path}: ${text}`
  }
  return E.tryCatch(make, cause => E.toError(cause).message.split('\n').map(lineOf))
}

const ownOf = (make: MakeOptimizer, { path, config }: ChosenType, beside: Beside): OrFaults<tf.Optimizer> => {
  const rates = Object.keys(config).filter(key => ['lr', 'learningRate'].includes(camelCase(key)))
  const made = F.pipe(
    attempt(path, Object.keys(config), (): unknown => make({ ...inCamelCase(config), ...beside })),
    E.filterOrElse(isOptimizer, (got): readonly string[] => [`${path}: expected a tf.Optimizer, got ${nameOf(got)}`]),
  )
  if (rates.length > 0 && E.isRight(made)) made.right.dispose()
  const says = 'unknown key, the rate is that of learning_rate'
  return checked(
    rates.map(key => fault(`${path}.${key}`, says)),
    made,
  )
}

const builtInOf = (
  make: (options: object) => Settled,
  { path, config }: ChosenType,
  beside: Beside,
): OrFaults<tf.Optimizer> => {
  const keys = keysOf(make({}))
  const known = Object.fromEntries(Object.entries(config).filter(([key]) => keys.includes(key)))
  return checked(
    [unknownKeys(`${path}.`, config, keys)],
    attempt(path, Object.keys(known), () => make({ ...inCamelCase(known), ...beside })),
  )
}

/** A fault for each custom optimizer whose name is taken. */
export const registered = (own: Makers): readonly OrFaults<never>[] => {
  const taken = Object.keys(own).filter(type => Object.hasOwn(optimizers, type) || Object.hasOwn(elsewhere, type))
  return taken.map(type => fault('optimizers', `${type} is registered already`))
}

export const readOptimizer = (json: unknown, own: Makers, beside: Beside): OrFaults<tf.Optimizer> => {
  const builtIn = R.map((make: (typeof optimizers)[string]) => (choice: ChosenType) => builtInOf(make, choice, beside))
  const ofOwn = R.map((make: MakeOptimizer) => (choice: ChosenType) => ownOf(make, choice, beside))
  const choices: Choices<tf.Optimizer> = { ...builtIn(optimizers), ...ofOwn(own), ...elsewhere }
  return choose(json, 'optimizer', choices, fault('optimizer.type', 'the type of the optimizer must be specified'))
}

/**
 * The moving average around an optimizer, if the config has one. Its faults are found even if the optimizer has some.
 */
export const readAverage = (json: unknown, inner: OrFaults<tf.Optimizer>): OrFaults<tf.Optimizer> => {
  if (json === undefined || json === null) return inner
  if (!isRecord(json)) return checked([inner], fault('ema', `expected a record or null, got ${nameOf(json)}`))
  const around = E.isRight(inner) ? inner.right : new SGD()
  const keys = keysOf(new ExponentialMovingAverage(around))
  // The Model Garden writes clips of null here.
  const set = given(json, Object.keys(json))
  return checked(
    [inner, unknownKeys('ema.', set, keys)],
    attempt('ema', keys, () => new ExponentialMovingAverage(around, inCamelCase(given(set, keys)))),
  )
}
