/** Settings as Keras's `get_config` writes them, and back. */
import { either as E, function as F } from 'fp-ts'
import { unreadable } from '../../config/faults.js'
import { toJson, type Json } from '../../config/json.js'
import { codecs } from '../config.js'
import { scheduleFlattened } from '../errors.js'
import { isRecord } from '../../tree/structure.js'
import type { Hyper } from '../../rule/hyper.js'
import { deserializeSchedule } from '../schedules/deserialize.js'
import { snakeCase } from '../schedules/define.js'
import { isKerasSchedule } from '../../config/kerasSchedule.js'
import { serializeSchedule } from '../schedules/serialize.js'
import type { Book } from '../../shell/book.js'
import type { Fields } from './fields.js'
import { readPatterns, writePatterns } from './patterns.js'
import type { BaseSettings } from './settings.js'

/** Makes a schedule of one's own from its config, by its class name. */
export type CustomObjects = Readonly<Record<string, (config: Readonly<Record<string, unknown>>) => Hyper>>

/** `beta1` to `beta_1` too, which has a digit. */
export const kerasKey = (key: string): string => snakeCase(key).replace(/(\D)(\d)$/, '$1_$2')

/**
 * A hyperparameter. A schedule of this package that is none of Keras's is written as its own config, which Python refuses;
 * any other function, and with `strict` each of them, as its value now, and that is said.
 */
const writeHyper = (key: string, hyper: Hyper, count: number, strict: boolean): Json => {
  if (typeof hyper === 'number') return hyper
  if (isKerasSchedule(hyper)) return serializeSchedule(hyper)
  const own = strict ? null : toJson(codecs.schedule.encode(hyper))
  if (own !== null && E.isRight(own)) return own.right
  console.warn(scheduleFlattened(key))
  return hyper(count)
}

const clips = ['clipnorm', 'clipvalue', 'globalClipnorm']

/** The settings of `keys` behind the name and the clips that are set, in this order, by Keras's names. */
export const writeConfig = (
  settings: BaseSettings,
  given: BaseSettings,
  fields: Fields,
  keys: readonly string[],
  { state, iterations }: Book,
): Record<string, Json> => {
  const { strict } = settings
  const write = (key: string): Json => {
    const { held } = fields[key] ?? {}
    // What Keras holds in no variable, it writes as the constructor got it.
    const value: unknown = (strict && key === 'decay' && held !== true ? given : settings)[key as keyof BaseSettings]
    if (typeof value === 'function') return writeHyper(key, value as Hyper, iterations, strict)
    if (Array.isArray(value)) return writePatterns(value as readonly string[])
    return (strict && held === true && state !== null && typeof value === 'number' ? Math.fround(value) : value) as Json
  }
  const set = clips.filter(key => settings[key as keyof BaseSettings] !== null)
  return Object.fromEntries(['name', ...set, ...keys].map(key => [kerasKey(key), write(key)]))
}

const orThrow: <X>(read: E.Either<Error, X>) => X = E.getOrElseW(error => {
  throw error
})

const readSchedule = (
  at: string,
  json: Readonly<Record<string, unknown>>,
  custom: CustomObjects,
  strict: boolean,
): unknown => {
  const name = json['class_name'] ?? json['className']
  if (name === undefined && typeof json['type'] === 'string')
    return F.pipe(
      codecs.schedule.decode(json),
      E.mapLeft(errors => unreadable(at, errors)),
      orThrow,
    )
  const make = typeof name === 'string' && Object.hasOwn(custom, name) ? custom[name] : undefined
  if (make !== undefined) return make(isRecord(json['config']) ? json['config'] : {})
  return orThrow(deserializeSchedule(json, { at, strict }))
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
