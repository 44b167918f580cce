/** The arguments of Keras's optimizers: a codec each, what they are where not given, and their keys in `get_config`. */
import * as t from 'io-ts'
import { isTensor } from '../../tree/tensors.js'
import type { Hyper } from '../../rule/hyper.js'
import { isPortable } from './patterns.js'

/** What a hyperparameter may be: a number, a schedule of the count, or a scalar tensor that is read at every step. */
export interface Field<A> {
  readonly codec: t.Type<A, unknown>
  /** what `strict` takes as well, as TensorFlow does */
  readonly strictCodec: t.Type<A, unknown>
  readonly fallback: A
  /** whether Keras holds a number in a float32 variable, which `strict` shows in configs */
  readonly held?: boolean
}

/** A codec that passes what `is` says, under a name that says what is expected. */
export const exactly = <A>(name: string, is: t.Is<A>): t.Type<A, unknown> =>
  new t.Type(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

const isNumber = (u: unknown): u is number => typeof u === 'number'
const isFunction = (u: unknown): u is (count: number) => number => typeof u === 'function'

const ranged = (name: string, holds: (value: number) => boolean): t.Type<number, unknown> =>
  exactly(name, (u): u is number => isNumber(u) && holds(u))

const finite = ranged('a finite number', v => Number.isFinite(Math.fround(v)))
const nonNegative = ranged('a finite number of at least 0', v => v >= 0 && Math.fround(v) < Infinity)
const positive = ranged('a finite number above 0', v => Math.fround(v) > 0 && Math.fround(v) < Infinity)
const zeroOrMore = ranged(nonNegative.name, v => v === 0 || positive.is(v))
const decay = ranged('a number in [0, 1)', v => v >= 0 && Math.fround(v) < 1)
const whole = ranged('a whole number of at least 0', v => Number.isInteger(v) && v >= 0)
const upToOne = ranged('a number in [0, 1]', v => v >= 0 && v <= 1)

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> =>
  exactly(`${codec.name}, or null`, (u): u is A | null => u === null || codec.is(u))

/** A number, a schedule, or a tensor with one number, which becomes a schedule that reads it. */
const hyper = (codec: t.Type<number, unknown>): t.Type<Hyper, unknown> =>
  new t.Type<Hyper, unknown>(
    `${codec.name}, a schedule or a scalar tensor`,
    (u): u is Hyper => codec.is(u) || isFunction(u),
    (u, context) => {
      if (codec.is(u) || isFunction(u)) return t.success(u)
      if (isTensor(u) && u.size === 1) return t.success(() => u.dataSync()[0] ?? NaN)
      return t.failure(u, context)
    },
    t.identity,
  )

const field = <A>(codec: t.Type<A, unknown>, fallback: A, strictCodec = codec): Field<A> => ({
  codec,
  strictCodec,
  fallback,
})
/** A field of a hyperparameter, as Keras calls what it holds in a variable. */
export const held = <A>(given: Field<A>): Field<A> => ({ ...given, held: true })

const bool = exactly('true or false', (u): u is boolean => typeof u === 'boolean')

const isPattern = (u: unknown): u is string => typeof u === 'string' && isPortable(u)
const patternList = exactly<readonly string[] | null>(
  'a list of regular expressions that JavaScript and Python read alike, or null',
  (u): u is readonly string[] | null => u === null || (Array.isArray(u) && u.every(isPattern)),
)
/** Python iterates a string by its characters. */
const patternsOrLetters = new t.Type<readonly string[] | null, unknown>(
  patternList.name,
  patternList.is,
  (u, context) => patternList.validate(typeof u === 'string' ? Array.from(u) : u, context),
  t.identity,
)

export const rateField = (fallback: number): Field<Hyper> => held(field(hyper(nonNegative), fallback, hyper(finite)))
export const betaField = (fallback: number): Field<Hyper> => held(field(hyper(decay), fallback, hyper(finite)))
/** A weight of the past that has to be one in `strict` as well. */
export const pastField = (fallback: number): Field<Hyper> => held(field(hyper(decay), fallback))
export const momentumField = (fallback: number): Field<Hyper> => held(field(hyper(upToOne), fallback))
/** 0 and null are the backend's 1e-7, as in Keras, in `strict` only. */
export const epsilonField = (fallback: number): Field<number> =>
  field(
    positive,
    fallback,
    new t.Type<number, unknown>(
      nonNegative.name,
      nonNegative.is,
      (u, context) => (u === 0 || u === null ? t.success(1e-7) : nonNegative.validate(u, context)),
      t.identity,
    ),
  )
export const positiveField = (fallback: number): Field<number> => field(positive, fallback)
export const fractionField = (fallback: number): Field<number> => field(decay, fallback)
export const wholeField = (fallback: number): Field<number> => field(whole, fallback)
export const upToOneField = (fallback: number): Field<number> => field(upToOne, fallback)
export const numberField = (fallback: number): Field<number> => field(finite, fallback)
export const weightDecayField = (fallback: number): Field<number> => field(nonNegative, fallback, finite)
export const nonNegativeField = (fallback: number): Field<number> => field(nonNegative, fallback)
/** A norm or value to clip at; null is off. Keras takes 0, which makes every gradient 0 or NaN. */
export const clipField: Field<number | null> = field(orNull(positive), null, orNull(nonNegative))
/** The Model Garden's clip before aggregation, where 0 is off. */
export const clipBeforeField = (fallback: number): Field<number> => field(zeroOrMore, fallback, finite)
export const flagField = (fallback = false): Field<boolean> => field(bool, fallback)
export const patternsField: Field<readonly string[] | null> = field(patternList, null, patternsOrLetters)
export const nameField = (fallback: string): Field<string> =>
  field(
    exactly('a string that is not empty and has no /', (u): u is string => typeof u === 'string' && /^[^/]+$/.test(u)),
    fallback,
  )
export const functionField = <A>(name: string): Field<A | null> =>
  field(
    exactly<A | null>(`${name}, or null`, (u): u is A | null => u === null || isFunction(u)),
    null,
  )
export const functionsField = <A>(name: string): Field<readonly A[]> =>
  field(
    exactly<readonly A[]>(`a list of ${name}`, (u): u is readonly A[] => Array.isArray(u) && u.every(isFunction)),
    [],
  )
