/** Model Garden's OptimizationConfig: an optimizer, its rate and a warm-up, each one of several by its `type`. */
import type * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F, readonlyArray as A, readonlyNonEmptyArray as N } from 'fp-ts'
import { ConfigError, nameOf } from '../../errors.js'
import { isRecord } from '../../tree/structure.js'
import type { Hyper } from '../../rule/hyper.js'
import { refuseUnknown } from '../../rule/options.js'
import { Adagrad } from '../adagrad.js'
import { Adam } from '../adam.js'
import { AdamWeightDecay } from '../adamWeightDecay.js'
import { ExponentialMovingAverage } from '../exponentialMovingAverage.js'
import { LAMB } from '../lamb.js'
import { LARS } from '../lars.js'
import { RMSprop } from '../rmsprop.js'
import { SGD } from '../sgd.js'
import { camelCase, type BaseSettings } from '../keras/settings.js'
import { readSchedule } from '../schedules/deserialize.js'

type Options = Readonly<Record<string, unknown>>
type Lines = N.ReadonlyNonEmptyArray<string>
type Read<X> = E.Either<Lines, X>
/** Makes an optimizer from options in camel case; throws where one is wrong. */
export type MakeOptimizer = (options: Readonly<Record<string, unknown>>) => tf.Optimizer

export interface OptimizerFromConfigOptions extends Partial<
  Pick<BaseSettings, 'gradientAggregator' | 'gradientTransformers'>
> {
  /** optimizers of your own, by their `type` */
  readonly optimizers?: Readonly<Record<string, MakeOptimizer>>
}

const optimizers: Readonly<Record<string, MakeOptimizer>> = {
  sgd: options => new SGD(options),
  adam: options => new Adam(options),
  adamw: options => new AdamWeightDecay(options),
  lamb: options => new LAMB(options),
  rmsprop: options => new RMSprop(options),
  lars: options => new LARS(options),
  adagrad: options => new Adagrad(options),
}

/** Types that Model Garden knows and this library has not, with what to take. */
const elsewhere: Readonly<Record<string, string>> = {
  sgd_experimental: 'one of the new Keras optimizers; take sgd',
  adam_experimental: 'one of the new Keras optimizers; take adam',
  adamw_experimental: 'one of the new Keras optimizers; take adamw here, or the recipe adamw of tfjs-optax',
  slide: 'not open source upstream; take adamw or lamb',
  adafactor: 'not there yet; take adamw',
  adafactor_keras: 'not there yet; take adamw',
}

/** The Keras class of each rate, and the defaults in which Model Garden's config differs from it. */
const rates: Readonly<Record<string, readonly [className: string, defaults: Options]>> = {
  stepwise: ['PiecewiseConstantDecayWithOffset', {}],
  exponential: ['ExponentialDecayWithOffset', {}],
  polynomial: ['PolynomialDecayWithOffset', {}],
  cosine: ['CosineDecayWithOffset', {}],
  power: ['DirectPowerDecay', { power: -0.5 }],
  power_linear: ['PowerAndLinearDecay', { power: -0.5 }],
  power_with_offset: ['PowerDecayWithOffset', { power: -0.5 }],
  step_cosine_with_offset: ['StepCosineDecayWithOffset', {}],
}

const warmups: Readonly<Record<string, readonly [className: string, defaults: Options]>> = {
  linear: ['LinearWarmup', { warmup_learning_rate: 0 }],
  polynomial: ['PolynomialWarmUp', { power: 1 }],
}

const fault = (path: string, says: string): Read<never> => E.left([`${path}: ${says}`])
const all = E.getApplicativeValidation(N.getSemigroup<string>())

interface Chosen {
  readonly type: string
  readonly path: string
  readonly config: Options
}

/** The choice of a OneOf, `{type, <type>: {…}}`; null if it has no type. Other choices' configs are Model Garden's defaults. */
const chosen = (json: unknown, path: string, known: readonly string[]): Read<Chosen | null> => {
  if (json === undefined || json === null) return E.right(null)
  if (!isRecord(json)) return fault(path, `expected a record with a type, got ${nameOf(json)}`)
  const { type, ...configs } = json
  const unknown = Object.keys(configs).filter(key => !known.includes(key))
  if (unknown.length > 0)
    return fault(path, `unknown key ${unknown.join(', ')}, expected type or one of ${known.join(', ')}`)
  if (type === undefined || type === null) return E.right(null)
  if (typeof type !== 'string' || !known.includes(type))
    return fault(`${path}.type`, `expected one of ${known.join(', ')}, got ${nameOf(type)}`)
  const config = configs[type] ?? {}
  return isRecord(config)
    ? E.right({ type, path: `${path}.${type}`, config })
    : fault(`${path}.${type}`, `expected a record, got ${nameOf(config)}`)
}

/** What a config does not say is its class's default. */
const given = (config: Options): Options =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null))

const schedule = (
  [className, defaults]: readonly [string, Options],
  { config, path }: Chosen,
  more: Options,
): Read<Hyper> =>
  F.pipe(
    readSchedule({ class_name: className, config: { ...defaults, ...given(config), ...more } }, false),
    E.mapLeft(N.map(wrong => `${path}${wrong.path}: ${wrong.says}`)),
  )

const readRate = (choice: Chosen | null): Read<Hyper> => {
  if (choice === null) return fault('learning_rate.type', 'the type of the learning rate must be specified')
  const { type, config, path } = choice
  const known = rates[type]
  if (known !== undefined) return schedule(known, choice, {})
  const { learning_rate = 0.1, name: _, ...unknown } = config
  const extra = Object.keys(unknown)
  if (extra.length > 0) return fault(path, `unknown key ${extra.join(', ')}, expected one of name, learning_rate`)
  return typeof learning_rate === 'number' && learning_rate >= 0
    ? E.right(learning_rate)
    : fault(`${path}.learning_rate`, `expected a number of at least 0, got ${nameOf(learning_rate)}`)
}

const readWarmup = (rate: Hyper, choice: Chosen | null): Read<Hyper> => {
  const known = choice === null ? undefined : warmups[choice.type]
  return choice === null || known === undefined
    ? E.right(rate)
    : schedule(known, choice, { after_warmup_lr_sched: rate })
}

/** What a constructor throws, as lines. */
const made = <X>(path: string, make: () => X): Read<X> =>
  F.pipe(
    E.tryCatch(make, E.toError),
    E.mapLeft(({ message }): Lines =>
      F.pipe(
        message.split('\n') as unknown as Lines,
        N.map(line => `${path}: ${line}`),
      ),
    ),
  )

const inCamelCase = (config: Options): Options =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [camelCase(key), value]))

const keys = ['optimizer', 'learning_rate', 'warmup', 'ema']

/**
 * The optimizer that a Model Garden OptimizationConfig describes: `{optimizer: {type, adamw: {…}}, learning_rate: {type,
 * …}, warmup: {type, …}, ema}`, with its defaults. Left lists everything that is wrong, a line each; unknown keys are.
 *
 * `optimizer.type`: sgd, adam, adamw, lamb, rmsprop, lars, adagrad, or one of `optimizers`. `learning_rate.type`: constant,
 * stepwise, exponential, polynomial, cosine, power, power_linear, power_with_offset, step_cosine_with_offset.
 * `warmup.type`: linear, polynomial. With `ema` the optimizer is an ExponentialMovingAverage.
 *
 * @throws TypeError for an unknown option.
 * @source tensorflow/models `official/modeling/optimization/optimizer_factory.py`; a registry of classes is the option
 * `optimizers` here.
 * @example
 * import { either as E } from 'fp-ts'
 * import { optimizerFromConfig } from 'tfjs-optax/legacy'
 * const read = optimizerFromConfig({
 *   optimizer: { type: 'adamw', adamw: { weight_decay_rate: 0.01, exclude_from_weight_decay: ['bias'] } },
 *   learning_rate: { type: 'polynomial', polynomial: { initial_learning_rate: 2e-5, decay_steps: 1000 } },
 *   warmup: { type: 'linear', linear: { warmup_steps: 100 } },
 * })
 * const steps = E.isRight(read) ? read.right.iterations : NaN
 * // steps is 0
 */
export const optimizerFromConfig = (
  json: unknown,
  { optimizers: own = {}, gradientAggregator, gradientTransformers, ...unknown }: OptimizerFromConfigOptions = {},
): E.Either<ConfigError, tf.Optimizer> => {
  const who = 'optimizerFromConfig'
  refuseUnknown(who, unknown)
  const taken = Object.keys(own).filter(type => type in optimizers || type in elsewhere)
  const config = isRecord(json) ? json : {}
  const extra = Object.keys(config).filter(key => !keys.includes(key))
  const types = [...Object.keys(optimizers), ...Object.keys(elsewhere), ...Object.keys(own)]
  const rate = F.pipe(
    chosen(config['learning_rate'], 'learning_rate', ['constant', ...Object.keys(rates)]),
    E.flatMap(readRate),
  )
  const warmup = chosen(config['warmup'], 'warmup', Object.keys(warmups))
  const warmed = F.pipe(
    E.Do,
    E.apS('choice', warmup),
    E.apS('rate', rate),
    E.flatMap(({ choice, rate }) => readWarmup(rate, choice)),
  )
  const optimizer = (learningRate: Hyper): Read<tf.Optimizer> =>
    F.pipe(
      chosen(config['optimizer'], 'optimizer', types),
      E.flatMap(choice => {
        if (choice === null) return fault('optimizer.type', 'the type of the optimizer must be specified')
        const instead = elsewhere[choice.type]
        if (instead !== undefined) return fault('optimizer.type', `${choice.type} is ${instead}`)
        const make = own[choice.type] ?? optimizers[choice.type]
        const options = {
          ...inCamelCase(choice.config),
          learningRate,
          ...(gradientAggregator !== undefined && { gradientAggregator }),
          ...(gradientTransformers !== undefined && { gradientTransformers }),
        }
        return make === undefined
          ? fault('optimizer.type', `${choice.type} is unknown`)
          : made(choice.path, () => make(options))
      }),
    )
  // A rate that cannot be read must not hide what is wrong with the optimizer.
  const built = F.pipe(
    warmed,
    E.getOrElse((): Hyper => 0),
    optimizer,
  )
  const ema = config['ema']
  const averaged = F.pipe(
    built,
    E.flatMap(inner => {
      if (ema === undefined || ema === null) return E.right(inner)
      if (!isRecord(ema)) return fault('ema', `expected a record or null, got ${nameOf(ema)}`)
      return made('ema', () => new ExponentialMovingAverage(inner, inCamelCase(given(ema))))
    }),
  )
  const checks: readonly Read<unknown>[] = [
    isRecord(json) ? E.right(null) : fault('config', `expected a record, got ${nameOf(json)}`),
    extra.length > 0
      ? fault('config', `unknown key ${extra.join(', ')}, expected one of ${keys.join(', ')}`)
      : E.right(null),
    taken.length > 0 ? fault('optimizers', `${taken.join(', ')} is registered already`) : E.right(null),
    rate,
    warmup,
    E.isRight(rate) && E.isRight(warmup) ? warmed : E.right(null),
  ]
  return F.pipe(
    all.ap(
      all.map(averaged, result => () => result),
      F.pipe(checks, A.traverse(all)(F.identity)),
    ),
    E.mapLeft(lines => new ConfigError(who, lines)),
  )
}
