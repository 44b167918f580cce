/** Reads the learning rate of a Model Garden config, and its warm-up. */
import { either as E, readonlyRecord as R } from 'fp-ts'
import { nameOf } from '../../errors.js'
import type { Hyper } from '../../rule/hyper.js'
import { snakeCase } from '../schedules/define.js'
import { readSchedule } from '../schedules/deserialize.js'
import { float32AtLeast0 } from '../schedules/float32.js'
import { kindsByName } from '../schedules/registry.js'
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

/** The class of each type, and the defaults that differ in the Model Garden's config. */
type Types = Readonly<Record<string, readonly [className: string, defaults: FactoryConfig]>>

const rates: Types = {
  stepwise: ['PiecewiseConstantDecayWithOffset', {}],
  exponential: ['ExponentialDecayWithOffset', {}],
  polynomial: ['PolynomialDecayWithOffset', {}],
  cosine: ['CosineDecayWithOffset', {}],
  power: ['DirectPowerDecay', { power: -0.5 }],
  power_linear: ['PowerAndLinearDecay', { power: -0.5 }],
  power_with_offset: ['PowerDecayWithOffset', { power: -0.5 }],
  step_cosine_with_offset: ['StepCosineDecayWithOffset', {}],
}
const warmups: Types = {
  linear: ['LinearWarmup', { warmup_learning_rate: 0 }],
  polynomial: ['PolynomialWarmUp', { power: 1 }],
}

/** The choices for some types; `inner` are arguments that no config contains. */
const choicesOf = (types: Types, inner: FactoryConfig): Choices<Hyper> =>
  R.map(([name, defaults]: Types[string]) => ({ config, path }: ChosenType): OrFaults<Hyper> => {
    const keys = Object.entries(kindsByName.get(name)?.fields ?? {})
      .flatMap(([key, { local }]) => (local ? [] : [snakeCase(key)]))
      .filter(key => !Object.hasOwn(inner, key))
    const read = readSchedule({ class_name: name, config: { ...defaults, ...given(config, keys), ...inner } }, false)
    return checked(
      [unknownKeys(`${path}.`, config, keys)],
      E.mapLeft((faults: readonly { path: string; says: string }[]) =>
        faults.map(one => `${path}${one.path}: ${one.says}`),
      )(read),
    )
  })(types)

const constantOf = ({ config, path }: ChosenType): OrFaults<Hyper> => {
  const { learning_rate: rate = 0.1 } = config
  const fits = typeof rate === 'number' && float32AtLeast0(rate)
  return checked(
    [unknownKeys(`${path}.`, config, ['name', 'learning_rate'])],
    fits
      ? E.right(rate)
      : fault(`${path}.learning_rate`, `expected a finite number of at least 0, got ${nameOf(rate)}`),
  )
}

export const readRate = (json: unknown): OrFaults<Hyper> =>
  choose(
    json,
    'learning_rate',
    { constant: constantOf, ...choicesOf(rates, {}) },
    fault('learning_rate.type', 'the type of the learning rate must be specified'),
  )

/** The rate with its warm-up, or the faults of both. */
export const readWarmup = (json: unknown, rate: OrFaults<Hyper>): OrFaults<Hyper> => {
  const inner = E.isRight(rate) ? rate.right : 0
  return checked([rate], choose(json, 'warmup', choicesOf(warmups, { after_warmup_lr_sched: inner }), E.right(inner)))
}
