/** The learning rate of a Model Garden config, and its warm-up. */
import { either as E, function as F, readonlyNonEmptyArray as N, readonlyRecord as R } from 'fp-ts'
import { nameOf } from '../../errors.js'
import type { Hyper } from '../../rule/hyper.js'
import { snakeCase, type ScheduleFactory } from '../schedules/define.js'
import { readSchedule } from '../schedules/deserialize.js'
import {
  kerasCosineDecayWithOffset,
  kerasExponentialDecayWithOffset,
  kerasPiecewiseConstantDecayWithOffset,
  kerasPolynomialDecayWithOffset,
} from '../schedules/offset.js'
import { kerasDirectPowerDecay, kerasPowerAndLinearDecay, kerasPowerDecayWithOffset } from '../schedules/power.js'
import { kerasStepCosineDecayWithOffset } from '../schedules/stepCosine.js'
import { kerasLinearWarmup, kerasPolynomialWarmUp } from '../schedules/warmup.js'
import {
  checked,
  choose,
  fault,
  given,
  unknownKeys,
  type Choice,
  type Choices,
  type Config,
  type Read,
} from './choice.js'

/** The schedule of each type, and the defaults in which Model Garden's config differs from it. */
type Types = Readonly<Record<string, readonly [schedule: Pick<ScheduleFactory<never>, 'kind'>, defaults: Config]>>

const rates: Types = {
  stepwise: [kerasPiecewiseConstantDecayWithOffset, {}],
  exponential: [kerasExponentialDecayWithOffset, {}],
  polynomial: [kerasPolynomialDecayWithOffset, {}],
  cosine: [kerasCosineDecayWithOffset, {}],
  power: [kerasDirectPowerDecay, { power: -0.5 }],
  power_linear: [kerasPowerAndLinearDecay, { power: -0.5 }],
  power_with_offset: [kerasPowerDecayWithOffset, { power: -0.5 }],
  step_cosine_with_offset: [kerasStepCosineDecayWithOffset, {}],
}
const warmups: Types = {
  linear: [kerasLinearWarmup, { warmup_learning_rate: 0 }],
  polynomial: [kerasPolynomialWarmUp, { power: 1 }],
}

/** The schedule that was chosen; `inner` are arguments that no config gives. */
const scheduleOf = ([{ kind }, defaults]: Types[string], { config, path }: Choice, inner: Config): Read<Hyper> => {
  const arguments_ = Object.keys(kind.fields).filter(key => kind.fields[key]?.local === false)
  const keys = arguments_.map(snakeCase).filter(key => !Object.hasOwn(inner, key))
  const json = { class_name: kind.className, config: { ...defaults, ...given(config, keys), ...inner } }
  return checked(
    unknownKeys(`${path}.`, config, keys),
    F.pipe(readSchedule(json, false), E.mapLeft(N.map(wrong => `${path}${wrong.path}: ${wrong.says}`))),
  )
}

const constantOf = ({ config, path }: Choice): Read<Hyper> => {
  const { learning_rate: rate = 0.1 } = config
  return checked(
    unknownKeys(`${path}.`, config, ['name', 'learning_rate']),
    typeof rate === 'number' && rate >= 0 && Math.fround(rate) < Infinity
      ? E.right(rate)
      : fault(`${path}.learning_rate`, `expected a finite number of at least 0, got ${nameOf(rate)}`),
  )
}

const choicesOf = (types: Types, inner: Config): Choices<Hyper> =>
  R.map((type: Types[string]) => (choice: Choice) => scheduleOf(type, choice, inner))(types)

export const readRate = (json: unknown): Read<Hyper> =>
  choose(
    json,
    'learning_rate',
    { constant: constantOf, ...choicesOf(rates, {}) },
    fault('learning_rate.type', 'the type of the learning rate must be specified'),
  )

/** The rate behind its warm-up, or the faults of both. */
export const readWarmup = (json: unknown, rate: Read<Hyper>): Read<Hyper> => {
  const inner = E.isRight(rate) ? rate.right : 0
  const choices = choicesOf(warmups, { after_warmup_lr_sched: inner })
  return checked([rate], choose(json, 'warmup', choices, E.right(inner)))
}
