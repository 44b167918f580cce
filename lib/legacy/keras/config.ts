/** Settings as Keras's `get_config` writes them, and back. */
import { either as E, function as F } from 'fp-ts'
import { scheduleFlattened } from '../errors.js'
import { isRecord } from '../../tree/structure.js'
import type { Hyper } from '../../rule/hyper.js'
import { deserializeSchedule } from '../schedules/deserialize.js'
import { snakeCase } from '../schedules/define.js'
import { isKerasSchedule } from '../schedules/keras.js'
import { serializeSchedule, type Json } from '../schedules/serialize.js'
import { readPatterns, writePatterns } from './patterns.js'

/** Makes a schedule of one's own from its config, by its class name. */
export type CustomObjects = Readonly<Record<string, (config: Readonly<Record<string, unknown>>) => Hyper>>

/** `beta1` to `beta_1` too, which has a digit. */
export const kerasKey = (key: string): string => snakeCase(key).replace(/(\D)(\d)$/, '$1_$2')

/** A hyperparameter; a schedule that is none of Keras's is written as its value now, and that is said. */
const writeHyper = (key: string, hyper: Hyper, count: number): Json => {
  if (typeof hyper === 'number') return hyper
  if (isKerasSchedule(hyper)) return serializeSchedule(hyper)
  console.warn(scheduleFlattened(key))
  return hyper(count)
}

const writeValue = (key: string, value: unknown, count: number): Json => {
  if (typeof value === 'function') return writeHyper(key, value as Hyper, count)
  return key.endsWith('WeightDecay') || key.startsWith('exclude')
    ? writePatterns(value as readonly string[] | null)
    : (value as Json)
}

/** The settings of `keys`, in this order, by Keras's names; those of `optional` only where they are set. */
export const writeConfig = (
  settings: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  optional: readonly string[],
  count: number,
): Record<string, Json> =>
  Object.fromEntries(
    keys
      .filter(key => !optional.includes(key) || settings[key] !== null)
      .map(key => [kerasKey(key), writeValue(key, settings[key], count)]),
  )

const readSchedule = (
  at: string,
  json: Readonly<Record<string, unknown>>,
  custom: CustomObjects,
  strict: boolean,
): unknown => {
  const name = json['class_name'] ?? json['className']
  const make = typeof name === 'string' && Object.hasOwn(custom, name) ? custom[name] : undefined
  if (make !== undefined) return make(isRecord(json['config']) ? json['config'] : {})
  return F.pipe(
    deserializeSchedule(json, { at, strict }),
    E.getOrElseW(error => {
      throw error
    }),
  )
}

/** Options for a constructor from a config of Keras's or ours, in whichever spelling; the config given is not touched. */
export const readConfig = (config: Readonly<Record<string, unknown>>, custom: CustomObjects, strict: boolean) =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key !== 'customObjects')
      .map(([key, value]) => {
        if (isRecord(value)) return [key, readSchedule(key, value, custom, strict)]
        const isPatterns = Array.isArray(value) && value.every(item => typeof item === 'string')
        return [key, isPatterns ? readPatterns(value) : value]
      }),
  )
