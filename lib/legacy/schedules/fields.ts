/** The arguments of a schedule: a codec each, and what they are where they are not given. */
import { either as E, option as O, readonlyArray as A } from 'fp-ts'
import * as t from 'io-ts'
import { f32 } from './float32.js'
import { isKerasSchedule, type KerasSchedule } from './keras.js'

export interface Field<A> {
  readonly codec: t.Decoder<unknown, A>
  readonly fallback: O.Option<A>
  /** of this package only: not in the config */
  readonly local: boolean
}

export const required = <A>(codec: t.Decoder<unknown, A>): Field<A> => ({ codec, fallback: O.none, local: false })
export const optional = <A>(codec: t.Decoder<unknown, A>, fallback: A): Field<A> => ({
  codec,
  fallback: O.some(fallback),
  local: false,
})

/** A codec that passes what `is` says, without change. */
const exactly = <A>(name: string, is: t.Is<A>): t.Type<A, unknown> =>
  new t.Type(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

const aNumber = exactly<number>('a number', (u): u is number => typeof u === 'number')

/** A number in a range; what is no number fails as such. JSON has no -0, so it becomes 0. */
const ranged = (name: string, holds: (value: number) => boolean): t.Type<number, unknown> => {
  const is = (u: unknown): u is number => aNumber.is(u) && holds(u)
  return new t.Type(
    name,
    is,
    (u, context) => {
      if (is(u)) return t.success(u + 0)
      return t.failure(u, aNumber.is(u) ? context : t.appendContext(context, '', aNumber, u))
    },
    t.identity,
  )
}

export const finite = ranged('finite in float32', v => Number.isFinite(f32(v)))
export const nonNegative = ranged('at least 0 and finite in float32', v => v >= 0 && f32(v) < Infinity)
export const positive = ranged('positive and finite in float32', v => f32(v) > 0 && f32(v) < Infinity)
export const nullable = (codec: t.Type<number, unknown>): t.Type<number | null, unknown> => {
  const is = (u: unknown): u is number | null => u === null || codec.is(u)
  return new t.Type<number | null, unknown>(
    `${codec.name}, or null`,
    is,
    (u, context) => (u === null ? t.success(null) : codec.validate(u, context)),
    t.identity,
  )
}
const list: t.Type<readonly number[], unknown> = t.readonlyArray(finite, 'an array of numbers')
/** A list of numbers; an element that is none is named by its index. */
export const numbers = new t.Type<readonly number[], unknown>(
  list.name,
  list.is,
  // io-ts keeps the list given if the new elements === the old, and 0 === -0.
  (u, context) => E.map(A.map((x: number) => x + 0))(list.validate(u, context)),
  t.identity,
)

/** `null`, which the factory of Model Garden leaves where nobody said, is false. */
const bool = new t.Type<boolean, unknown>(
  'true or false',
  (u): u is boolean => typeof u === 'boolean',
  (u, context) => (u === null ? t.success(false) : typeof u === 'boolean' ? t.success(u) : t.failure(u, context)),
  t.identity,
)
export const flag: Field<boolean> = optional(bool, false)
/** Whether to reproduce what upstream does by accident. */
export const strictFlag: Field<boolean> = { ...flag, local: true }

const text = exactly<string | null>('a string or null', (u): u is string | null => typeof u === 'string' || u === null)
/** The name of the op in TensorFlow; kept for the config only. */
export const nameField = (fallback: string | null = null): Field<string | null> => optional(text, fallback)

export const schedule = exactly<KerasSchedule>('a Keras schedule', isKerasSchedule)
export const scheduleOrNumber = new t.Type<KerasSchedule | number, unknown>(
  'a number or a Keras schedule',
  (u): u is KerasSchedule | number => finite.is(u) || isKerasSchedule(u),
  (u, context) =>
    finite.is(u) ? finite.validate(u, context) : isKerasSchedule(u) ? t.success(u) : t.failure(u, context),
  t.identity,
)
