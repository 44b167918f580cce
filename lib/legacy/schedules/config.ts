/** Keras's schedules in configs of transformations: `{type: 'keras', class_name, config}`. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { expectedGot } from '../../config/faults.js'
import { Unwritable } from '../../config/json.js'
import { kind, type Codec } from '../../config/kind.js'
import type { OtherSchedules } from '../../config/schedules.js'
import { isRecord } from '../../tree/structure.js'
import { readSchedule } from './deserialize.js'
import { isKerasSchedule, type KerasSchedule, type ScheduleData } from './keras.js'
import { kindsByName } from './registry.js'
import { serializeSchedule } from './serialize.js'

/** The schedule and those inside of it that know `strict`. */
const strictOnes = (data: ScheduleData): readonly ScheduleData[] => [
  ...(kindsByName.get(data.className)?.fields['strict'] === undefined ? [] : [data]),
  ...Object.values(data.config).flatMap(value => (isRecord(value) ? strictOnes(value as unknown as ScheduleData) : [])),
]

const encode = (schedule: KerasSchedule): unknown => {
  const strict = strictOnes(schedule).map(one => one.strict === true)
  if (new Set(strict).size > 1) return new Unwritable('strict must be the same in a schedule and in those inside of it')
  return { ...(serializeSchedule(schedule) as object), ...(strict[0] === true && { strict: true }) }
}

const name = 'a schedule {class_name, config}'

/** Keys as Keras writes them or in camel case, as tfjs turns them. */
const keras: Codec<KerasSchedule> = new t.Type(
  name,
  isKerasSchedule,
  (u, context) => {
    const { strict = false, ...json } = u as Readonly<Record<string, unknown>>
    const at = (path: string): t.Context =>
      path
        .split('.')
        .filter(key => key !== '')
        .reduce((here, key) => t.appendContext(here, key, t.unknown), context)
    const flag = typeof strict === 'boolean' ? [] : [{ path: 'strict', says: expectedGot('true or false', strict) }]
    const read = readSchedule(json, strict === true)
    const errors = [...(E.isLeft(read) ? read.left : []), ...flag].map(({ path, says }) => ({
      value: u,
      context: at(path),
      message: says,
    }))
    return F.pipe(
      read,
      E.mapLeft(() => errors),
      E.filterOrElse(
        () => errors.length === 0,
        () => errors,
      ),
    )
  },
  encode,
)

export const kerasSchedules: OtherSchedules = {
  type: 'keras',
  kind: kind(keras, schedule => schedule),
  optionsOf: schedule => (isKerasSchedule(schedule) ? schedule : null),
}
