/** What a Keras schedule is here: a schedule that carries its class name and config, so that it can be written down. */
import type { Schedule } from '../../rule/hyper.js'
import { isRecord } from '../../tree/structure.js'

/** A schedule as data; the keys of `config` are Keras's, in the order of its `get_config`. */
export interface ScheduleData {
  readonly className: string
  readonly config: ScheduleConfig
  /** there where it reproduces what upstream does by accident; no part of Keras's config */
  readonly strict?: true
}
export type ConfigValue = number | string | boolean | null | readonly number[] | ScheduleData
export type ScheduleConfig = Readonly<Record<string, ConfigValue>>

/** A function of the count of finished steps, in float32 as Keras computes it, with its class and config. */
export interface KerasSchedule extends Schedule, ScheduleData {}

/** By its fields, so that those of another copy of this package are known too. */
export const isKerasSchedule = (u: unknown): u is KerasSchedule =>
  typeof u === 'function' && 'className' in u && typeof u.className === 'string' && 'config' in u && isRecord(u.config)
