/** Writes settings as Keras's `get_config` does, and reads them back. */
import { either as E, function as F } from 'fp-ts'
import { unreadable } from '../../config/faults.js'
import { toJson, type Json } from '../../config/json.js'
import { codecs } from '../config.js'
import { byPathUnwritable, scheduleFlattened } from '../errors.js'
import { isRecord } from '../../tree/structure.js'
import { isByPath, type Hyper } from '../../rule/hyper.js'
import { deserializeSchedule } from '../schedules/deserialize.js'
import { snakeCase } from '../schedules/define.js'
import { isKerasSchedule } from '../../config/kerasSchedule.js'
import { serializeSchedule } from '../schedules/serialize.js'
import type { Book } from '../../shell/book.js'
import type { Fields } from './fields.js'
import { readPatterns, writePatterns } from './patterns.js'
import type { BaseSettings } from './settings.js'

/** Functions that make custom schedules from their configs, by class name. */
export type CustomObjects = Readonly<Record<string, (config: Readonly<Record<string, unknown>>) => Hyper>>

/** Keras's spelling of a key: snake case, and `beta_1` for `beta1`. */
export const kerasKey = (key: string): string => snakeCase(key).replace(/(\D)(\d)$/, '$1_$2')

/**
 * A hyperparameter as JSON. A schedule of this package that Keras lacks is written as its own config, which Python
 * refuses. Any other function, and with `strict` such a schedule too, is written as its present value, with a warning.
 */
const writeHyper = (key: string, hyper: Hyper, count: number, strict: boolean): Json => {
  if (typeof hyper === 'number') return hyper
  if (isKerasSchedule(hyper)) return serializeSchedule(hyper)
  const own = strict ? null : toJson(codecs.hyper.encode(hyper))
  if (own !== null && E.isRight(own)) return own.right
  if (isByPath(hyper)) throw new TypeError(byPathUnwritable(key))
  console.warn(scheduleFlattened(key))
  return hyper(count)
}

const clips = ['clipnorm', 'clipvalue', 'globalClipnorm']

/** The settings by Keras's names: the name, the clips that are set, then `keys`. */
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
    // Unless Keras holds `decay` in a variable, it writes the value given to the constructor.
    const value: unknown = (strict && key === 'decay' && held !== true ? given : settings)[key as keyof BaseSettings]
    if (typeof value === 'function' || isByPath(value)) return writeHyper(key, value as Hyper, iterations, strict)
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
      codecs.hyper.decode(json),
      E.mapLeft(errors => unreadable(at, errors)),
      orThrow,
    )
  const make = typeof name === 'string' && Object.hasOwn(custom, name) ? custom[name] : undefined
  if (make !== undefined) return make(isRecord(json['config']) ? json['config'] : {})
  return orThrow(deserializeSchedule(json, { at, strict }))
}

/** The options of a constructor from a config of Keras or of this package, in either spelling. */
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
