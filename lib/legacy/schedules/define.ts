/** Makes factories of schedules from fields and a formula: checks, defaults and configs follow from the fields. */
import { either as E } from 'fp-ts'
import type * as t from 'io-ts'
import { checked } from '../../call/checked.js'
import {
  isKerasSchedule,
  type ConfigValue,
  type KerasSchedule,
  type ScheduleConfig,
} from '../../config/kerasSchedule.js'
import { hyperOutOfRange } from '../../errors.js'
import type { Schedule } from '../../rule/hyper.js'
import type { Arguments, ScheduleFields, ScheduleOptions } from './fields.js'
import { f32 } from './float32.js'

/** The fault of an argument. */
export interface ArgumentFault {
  readonly key: string
  readonly expected: string
  readonly got: unknown
}

export interface Definition<F extends ScheduleFields> {
  /** Keras's class name; the factory's name is `keras` and this */
  readonly className: string
  /** the Python module of the class, default Keras's own */
  readonly module?: string
  /** in the order of `get_config` */
  readonly fields: F
  /** a fault of arguments that do not fit together */
  readonly check?: (config: Arguments<F>) => ArgumentFault | undefined
  /** the formula; the step is a float32 already */
  readonly value: (config: Arguments<F>) => Schedule
}

/** The parts of a definition that the reader of configs needs. */
export interface ScheduleKind {
  readonly className: string
  readonly module: string
  readonly fields: ScheduleFields
  /** the schedule, or all faults; keys that are not fields are ignored */
  readonly build: (values: Readonly<Record<string, unknown>>) => E.Either<readonly ArgumentFault[], KerasSchedule>
}

/** A factory of schedules with its definition. */
export interface ScheduleFactory<F extends ScheduleFields> {
  (config: ScheduleOptions<F>): KerasSchedule
  readonly kind: ScheduleKind
  readonly definition: Definition<F>
}

export const kerasModule = 'keras.optimizers.schedules'
export const gardenModule = 'official.modeling.optimization.lr_schedule'

/** `decaySteps` to `decay_steps`. */
export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const faultOf = (key: string, { context, value }: t.ValidationError): ArgumentFault => ({
  key: [key, ...context.map(entry => entry.key).filter(one => one !== '')].join('.'),
  expected: context.at(-1)?.type.name ?? '',
  got: value,
})

const configValue = (value: unknown): ConfigValue => {
  if (!isKerasSchedule(value)) return value as ConfigValue
  const { className, config, strict } = value
  return { className, config, ...(strict === true && { strict }) }
}

const build =
  <F extends ScheduleFields>({ className, fields, check, value }: Definition<F>): ScheduleKind['build'] =>
  values => {
    const read = Object.entries(fields).map(([key, { codec, needed, fallback, local }]) => {
      const got: t.Validation<unknown> =
        values[key] === undefined && !needed ? E.right(fallback) : codec.decode(values[key])
      return { key, local, got }
    })
    const faults = read.flatMap(({ key, got }) =>
      E.isLeft(got) ? got.left.slice(0, 1).map(one => faultOf(key, one)) : [],
    )
    if (faults.length > 0) return E.left(faults)
    const entries = read.flatMap(({ key, local, got }) => (E.isRight(got) ? [{ key, local, value: got.right }] : []))
    const config = Object.fromEntries(entries.map(one => [one.key, one.value] as const)) as unknown as Arguments<F>
    const fault = check?.(config)
    if (fault !== undefined) return E.left([fault])
    const formula = value(config)
    const kept = entries.filter(({ local }) => !local).map(one => [snakeCase(one.key), configValue(one.value)] as const)
    const strict = (config as { readonly strict?: unknown }).strict === true
    const written: ScheduleConfig = Object.freeze(Object.fromEntries(kept))
    const data = { className, config: written, ...(strict && { strict }) }
    return E.right(Object.freeze(Object.assign((step: number) => formula(f32(step)), data)))
  }

/** The factory of a schedule: throws ValueError for a bad argument, TypeError for an unknown option. */
export const defineSchedule = <F extends ScheduleFields>(definition: Definition<F>): ScheduleFactory<F> => {
  const { className, module = kerasModule, fields } = definition
  const who = `keras${className}`
  const kind: ScheduleKind = { className, module, fields, build: build(definition) }
  const options = Object.fromEntries(Object.keys(fields).map(key => [key, '']))
  const make = checked({ who, takes: [], options }, (config: Readonly<Record<string, unknown>> = {}): KerasSchedule => {
    const made = kind.build(config)
    if (E.isRight(made)) return made.right
    const [{ key, expected, got } = { key: '', expected: '', got: undefined }] = made.left
    throw hyperOutOfRange(who, key, expected, got)
  })
  return Object.assign(make as (config: ScheduleOptions<F>) => KerasSchedule, { kind, definition })
}
