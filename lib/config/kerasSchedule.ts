/** Keras schedules: schedules that carry their class name and config, so that they can be written. */
import type { Schedule } from '../rule/hyper.js'
import { isRecord } from '../tree/structure.js'
import { Unwritable, type Json } from './json.js'

/** A schedule as data; the keys of `config` are Keras's, in the order of its `get_config`. */
export interface ScheduleData {
  readonly className: string
  readonly config: ScheduleConfig
  /** set if it reproduces upstream's accidental behaviour; not part of Keras's config */
  readonly strict?: true
}
/** A value in the config of a Keras schedule: what JSON can say, or another schedule. */
export type ConfigValue = number | string | boolean | null | readonly number[] | ScheduleData
/** The config of a Keras schedule: its arguments under Keras's names. */
export type ScheduleConfig = Readonly<Record<string, ConfigValue>>

/** A schedule that computes in float32, as Keras does, with its class and config. */
export interface KerasSchedule extends Schedule, ScheduleData {}

/** Tested by fields, so that schedules of another copy of this package count too. */
export const isKerasSchedule = (u: unknown): u is KerasSchedule =>
  typeof u === 'function' && 'className' in u && typeof u.className === 'string' && 'config' in u && isRecord(u.config)

export const isData = (value: ConfigValue): value is ScheduleData => isRecord(value)

/**
 * `{class_name, config}`, which every Keras 2 reads; for an inner schedule only with the mark
 * `__passive_serialization__`.
 */
export const writeKeras = ({ className, config }: ScheduleData, inner = false): Readonly<Record<string, Json>> => ({
  class_name: className,
  config: Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, isData(value) ? writeKeras(value, true) : value]),
  ),
  ...(inner && { __passive_serialization__: true }),
})

/** The classes that have `strict`. */
export const withStrict = ['CosineDecayRestarts', 'StepCosineDecayWithOffset']

/** Whether the schedule and its inner schedules are strict, one entry for each that can be. */
const strictness = (data: ScheduleData): readonly boolean[] => [
  ...(withStrict.includes(data.className) ? [data.strict === true] : []),
  ...Object.values(data.config).flatMap(value => (isData(value) ? strictness(value) : [])),
]

/** A Keras schedule in the config of a transformation, where one `strict` covers its inner schedules too. */
export const writeKerasHyper = (schedule: KerasSchedule): unknown => {
  const [strict = false, ...others] = strictness(schedule)
  return others.every(one => one === strict)
    ? { type: 'keras', ...writeKeras(schedule), ...(strict && { strict }) }
    : new Unwritable('strict must be the same in a schedule and in those inside of it')
}
