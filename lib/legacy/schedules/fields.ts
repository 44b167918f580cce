/** The arguments of schedules: their codecs and defaults. */
import { either as E } from 'fp-ts'
import * as t from 'io-ts'
import { exactly, flag as trueOrFalse } from '../../config/exactly.js'
import { isKerasSchedule, type KerasSchedule } from '../../config/kerasSchedule.js'
import { finite as finiteSpec, positive as positiveSpec } from '../../rule/hyper.js'
import { float32AtLeast0 } from './float32.js'

export interface ScheduleField<A, Needed extends boolean = boolean> {
  readonly codec: t.Decoder<unknown, A>
  /** whether it must be given; otherwise its default is `fallback` */
  readonly needed: Needed
  readonly fallback?: A
  /** whether only this package has it, so that it is not in the config */
  readonly local: boolean
}
export type ScheduleFields = Readonly<Record<string, ScheduleField<unknown>>>

/** The arguments of a formula. */
export type Arguments<F extends ScheduleFields> = {
  readonly [K in keyof F]: F[K] extends ScheduleField<infer A> ? A : never
}
type Needed<F> = { [K in keyof F]: F[K] extends ScheduleField<unknown, true> ? K : never }[keyof F]
/** The options of a factory. */
export type ScheduleOptions<F extends ScheduleFields> = Pick<Arguments<F>, Needed<F>> &
  Partial<Omit<Arguments<F>, Needed<F>>>

export const required = <A>(codec: t.Decoder<unknown, A>): ScheduleField<A, true> => ({
  codec,
  needed: true,
  local: false,
})
export const optional = <A>(codec: t.Decoder<unknown, A>, fallback: A): ScheduleField<A, false> => ({
  codec,
  needed: false,
  fallback,
  local: false,
})

/** A codec for either of two types. */
const orElse = <A, B>(name: string, first: t.Type<A, unknown>, other: t.Is<B>): t.Type<A | B, unknown> => {
  const is = (u: unknown): u is A | B => other(u) || first.is(u)
  return new t.Type(name, is, (u, context) => (other(u) ? t.success(u) : first.validate(u, context)), t.identity)
}

const aNumber = exactly<number>('a number', (u): u is number => typeof u === 'number')

/** A number in a range; anything else fails as not a number. JSON has no -0, so it becomes 0. */
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
const spec = ({ expected, holds }: ReturnType<typeof finiteSpec>) => ranged(expected, holds)

export const finite = spec(finiteSpec(0))
export const positive = spec(positiveSpec(0))
export const nonNegative = ranged('at least 0 and finite in float32', float32AtLeast0)
const isNull = (u: unknown): u is null => u === null
export const nullable = (codec: t.Type<number, unknown>) => orElse(`${codec.name}, or null`, codec, isNull)

const list: t.Type<readonly number[], unknown> = t.readonlyArray(finite, 'an array of numbers')
/** A list of numbers; a wrong element is named by its index. */
export const numbers = new t.Type<readonly number[], unknown>(
  list.name,
  list.is,
  // io-ts returns the list given if its elements are === to the decoded ones, so it would keep -0.
  (u, context) => E.map((given: readonly number[]) => Object.freeze(given.map(x => x + 0)))(list.validate(u, context)),
  t.identity,
)

/** `null`, which the Model Garden's factory writes for an unset flag, is false. */
export const flag = optional(
  new t.Type(trueOrFalse.name, trueOrFalse.is, (u, context) => trueOrFalse.validate(u ?? false, context), t.identity),
  false,
)
/** Whether to reproduce upstream's accidental behaviour. */
export const strictFlag = { ...flag, local: true }

const text = exactly<string | null>('a string or null', (u): u is string | null => typeof u === 'string' || u === null)
/** The name of the op in TensorFlow, for the config only. */
export const nameField = (fallback: string | null = null) => optional(text, fallback)

export const schedule = exactly<KerasSchedule>('a Keras schedule', isKerasSchedule)
export const scheduleOrNumber = new t.Type<KerasSchedule | number, unknown>(
  'a number or a Keras schedule',
  (u): u is KerasSchedule | number => finite.is(u) || isKerasSchedule(u),
  (u, context) =>
    finite.is(u) ? finite.validate(u, context) : isKerasSchedule(u) ? t.success(u) : t.failure(u, context),
  t.identity,
)
