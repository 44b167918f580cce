/** Keras's schedules in configs of transformations: `{type: 'keras', class_name, config}`. */
import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { expectedGot } from '../../config/faults.js'
import type { Kind } from '../../config/kind.js'
import type { Schedule } from '../../rule/hyper.js'
import { readSchedule } from './deserialize.js'

/** Keys are in Keras's spelling or in camel case, into which tfjs changes them. */
export const keras: Kind<Schedule> = (u, context) => {
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
  return E.isRight(read) && errors.length === 0 ? t.success(read.right) : t.failures(errors)
}
