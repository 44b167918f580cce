/** From the fields of a schedule and its formula to its factory: checks, defaults and config follow from the fields. */
import { either as E, function as F, option as O, readonlyArray as A, readonlyNonEmptyArray as N } from 'fp-ts'
import type * as t from 'io-ts'
import { checked } from '../../call/checked.js'
import { hyperOutOfRange } from '../../errors.js'
import type { Schedule } from '../../rule/hyper.js'
import type { Field } from './fields.js'
import { f32 } from './float32.js'
import { isKerasSchedule, type ConfigValue, type KerasSchedule, type ScheduleData } from './keras.js'

/** What is wrong with an argument. */
export interface Fault {
  readonly key: string
  readonly expected: string
  readonly got: unknown
}

export interface Definition<C extends object> {
  /** Keras's name of the class; the factory's is this after `keras` */
  readonly className: string
  /** where Python finds the class, default Keras's own */
  readonly module?: string
  /** in the order of `get_config` */
  readonly fields: { readonly [K in keyof C]-?: Field<Required<C>[K]> }
  /** what no argument alone can show */
  readonly check?: (config: Required<C>) => Fault | undefined
  /** the formula; the step is float32 already */
  readonly value: (config: Required<C>) => Schedule
}

type Faults = N.ReadonlyNonEmptyArray<Fault>
type Values = Readonly<Record<string, unknown>>
type Fields = Readonly<Record<string, Field<unknown>>>

/** A definition as the reader of files sees it. */
export interface Kind {
  readonly className: string
  readonly module: string
  readonly fields: Fields
  /** The schedule, or all faults; keys that are not fields are not looked at. */
  readonly build: (values: Values) => E.Either<Faults, KerasSchedule>
}

/** A factory of schedules with what it was made of. */
export interface ScheduleFactory<C extends object> {
  (config: C): KerasSchedule
  readonly kind: Kind
  readonly definition: Definition<C>
}

export const kerasModule = 'keras.optimizers.schedules'
export const gardenModule = 'official.modeling.optimization.lr_schedule'

/** `decaySteps` to `decay_steps`. */
export const snakeCase = (key: string): string => key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const faultOf = (key: string, [first]: t.Errors): Fault => ({
  key: [key, ...(first?.context.flatMap(entry => (entry.key === '' ? [] : [entry.key])) ?? [])].join('.'),
  expected: first?.context.at(-1)?.type.name ?? '',
  got: first?.value,
})

type Entry = readonly [key: string, value: unknown]

const readField = (key: string, { codec, fallback }: Field<unknown>, got: unknown): E.Either<Faults, Entry> =>
  F.pipe(
    got === undefined && O.isSome(fallback) ? E.right(fallback.value) : codec.decode(got),
    E.bimap(
      errors => [faultOf(key, errors)],
      value => [key, Array.isArray(value) ? Object.freeze([...(value as readonly unknown[])]) : value],
    ),
  )

const dataOf = ({ className, config, strict }: ScheduleData): ScheduleData => ({
  className,
  config,
  ...(strict === true && { strict }),
})
const configValue = (value: unknown): ConfigValue => (isKerasSchedule(value) ? dataOf(value) : (value as ConfigValue))

const build = <C extends object>(definition: Definition<C>, values: Values): E.Either<Faults, KerasSchedule> => {
  const fields = Object.entries<Field<unknown>>(definition.fields as Fields)
  return F.pipe(
    fields,
    A.traverse(E.getApplicativeValidation(N.getSemigroup<Fault>()))(([key, field]) =>
      readField(key, field, values[key]),
    ),
    E.map(entries => ({ entries, config: Object.fromEntries(entries) as Required<C> })),
    E.tap(({ config }): E.Either<Faults, unknown> => {
      const fault = definition.check?.(config)
      return fault === undefined ? E.right(config) : E.left([fault])
    }),
    E.map(({ entries, config }) => {
      const value = definition.value(config)
      const kept = entries.filter((_, i) => fields[i]?.[1].local === false)
      const written = Object.freeze(Object.fromEntries(kept.map(([key, got]) => [snakeCase(key), configValue(got)])))
      const strict = 'strict' in config && config.strict === true
      const data = { className: definition.className, config: written, ...(strict && { strict }) }
      return Object.freeze(Object.assign((step: number) => value(f32(step)), data))
    }),
  )
}

/** The factory of a schedule: throws ValueError for a bad argument, TypeError for an unknown option. */
export const defineSchedule = <C extends object>(definition: Definition<C>): ScheduleFactory<C> => {
  const { className, module = kerasModule } = definition
  const fields: Fields = definition.fields
  const who = `keras${className}`
  const kind: Kind = { className, module, fields, build: values => build(definition, values) }
  const options = Object.fromEntries(Object.keys(fields).map(key => [key, '']))
  const make = checked({ who, takes: [], options }, (config: Values = {}): KerasSchedule =>
    F.pipe(
      kind.build(config),
      E.getOrElse<Faults, KerasSchedule>(([{ key, expected, got }]) => {
        throw hyperOutOfRange(who, key, expected, got)
      }),
    ),
  )
  return Object.assign(make as (config: C) => KerasSchedule, { kind, definition })
}
