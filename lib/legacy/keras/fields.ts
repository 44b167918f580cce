/** The arguments of Keras's optimizers: their codecs, with and without `strict`, and their defaults. */
import * as t from 'io-ts'
import type { Spellings } from '../../call/signature.js'
import { exactly, flag } from '../../config/exactly.js'
import * as hypers from '../../rule/hyper.js'
import type { Hyper } from '../../rule/hyper.js'
import { steps, type NumberKind } from '../../schedules/check.js'
import { upToOne as upToOneOf } from '../../transforms/kerasMomentum.js'
import { isTensor } from '../../tree/tensors.js'
import { float32AtLeast0 } from '../schedules/float32.js'
import { isPortable, type Patterns } from './patterns.js'

/** The part of a codec that reads. */
type Reader<A> = Pick<t.Decoder<unknown, A>, 'name' | 'decode'>

/**
 * One argument; a hyperparameter is a number, a schedule of the count, or a scalar tensor that is read at every step.
 */
export interface Field<A> {
  readonly codec: Reader<A>
  /** the codec with `strict`, which accepts what TensorFlow does */
  readonly strictCodec: Reader<A>
  /** the codec with `strict` for a value that is set later */
  readonly laterCodec: Reader<A>
  readonly fallback: A
  /** whether Keras keeps the number in a float32 variable; with `strict`, configs show the rounded value */
  readonly held?: boolean
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type SettingsOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer A> ? A : never }

/** The names of arguments, for messages. */
export const namesIn = (fields: Fields): Spellings => Object.fromEntries(Object.keys(fields).map(name => [name, '']))

/** The codec applied to the result of `from`. */
const after = <A>(codec: t.Type<A, unknown>, from: (u: unknown) => unknown): t.Type<A, unknown> =>
  new t.Type(codec.name, codec.is, (u, context) => codec.validate(from(u), context), t.identity)

const isFunction = (u: unknown): u is (count: number) => number => typeof u === 'function'
const ranged = (name: string, { holds }: Pick<NumberKind, 'holds'>): t.Type<number, unknown> =>
  exactly(name, (u): u is number => typeof u === 'number' && holds(u))

const anyNumber = ranged('a number', hypers.anyNumber(0))
const nonNegative = ranged('a finite number of at least 0', { holds: float32AtLeast0 })
const positive = ranged('a finite number above 0', hypers.positive(0))
const zeroOrMore = ranged(nonNegative.name, { holds: v => v === 0 || positive.is(v) })
const decay = ranged('a number in [0, 1)', { holds: v => v >= 0 && Math.fround(v) < 1 })
const whole = ranged(steps.expected, steps)
const upToOne = ranged('a number in [0, 1]', upToOneOf(0))

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> =>
  exactly(`${codec.name}, or null`, (u): u is A | null => u === null || codec.is(u))

/** A number, a schedule, or a tensor with one number, which becomes a schedule that reads it. */
const hyper = (codec: t.Type<number, unknown>): t.Type<Hyper, unknown> =>
  after(
    exactly(
      `${codec.name}, a schedule or a scalar tensor`,
      (u): u is Hyper => codec.is(u) || isFunction(u) || hypers.isByPath(u),
    ),
    u => (isTensor(u) && u.size === 1 ? () => u.dataSync()[0] ?? NaN : u),
  )

const field =
  <A>(codec: t.Type<A, unknown>, strictCodec = codec, laterCodec = strictCodec, isHeld = false) =>
  (fallback: A): Field<A> => ({ codec, strictCodec, laterCodec, fallback, ...(isHeld && { held: true }) })
const heldField = (codec: t.Type<number, unknown>, strictCodec = codec) =>
  field(hyper(codec), hyper(strictCodec), hyper(strictCodec), true)

/** The field with `held` set. */
export const held = <A>(given: Field<A>): Field<A> => ({ ...given, held: true })

export const rateField = heldField(nonNegative, anyNumber)
export const betaField = heldField(decay, anyNumber)
/** A weight of the past that must be in [0, 1) even with `strict`. */
export const pastField = heldField(decay)
export const momentumField = heldField(upToOne)
/** With `strict`, 0 and null in a constructor mean the backend's 1e-7, as in Keras; a 0 that is set later is 0. */
export const epsilonField = field(
  positive,
  after(nonNegative, u => (u === 0 || u === null ? 1e-7 : u)),
  nonNegative,
)
export const positiveField = field(positive)
export const fractionField = field(decay)
export const wholeField = field(whole)
export const upToOneField = field(upToOne)
export const weightDecayField = field(nonNegative, anyNumber)
export const nonNegativeField = field(nonNegative)
/** The Model Garden's clip before aggregation; 0 turns it off. */
export const clipBeforeField = field(zeroOrMore, anyNumber)
export const flagField = field(flag)
/** A norm or value to clip at; null turns it off. Keras accepts 0, which makes every gradient 0 or NaN. */
export const clipField = field(orNull(positive), orNull(nonNegative))(null)
export const nameField = field(
  exactly('a string that is not empty and has no /', (u): u is string => typeof u === 'string' && /^[^/]+$/.test(u)),
)

const isPattern = (u: unknown): u is string => typeof u === 'string' && isPortable(u)
const patternList = exactly<Patterns>(
  'a list of regular expressions that JavaScript and Python read alike, without back references, or null',
  (u): u is Patterns => u === null || (Array.isArray(u) && u.every(isPattern)),
)
/** With `strict` a string is a list of its characters, as Python iterates it. */
export const patternsField = field(
  patternList,
  after(patternList, u => (typeof u === 'string' ? Array.from(u) : u)),
)(null)

export const functionField = <A>(name: string): Field<A | null> =>
  field(exactly<A | null>(`${name}, or null`, (u): u is A | null => u === null || isFunction(u)))(null)
export const functionsField = <A>(name: string): Field<readonly A[]> =>
  field(exactly<readonly A[]>(`a list of ${name}`, (u): u is readonly A[] => Array.isArray(u) && u.every(isFunction)))(
    [],
  )
