/** Codecs of single options: numbers, hyperparameters, choices, lists. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { finite, isByPath, nonNegative, type Hyper, type HyperSpec, type Schedule, type Timed } from '../rule/hyper.js'
import * as kinds from '../schedules/check.js'
import { isRecord } from '../tree/structure.js'
import { exactly } from './exactly.js'
import { expectedGot } from './faults.js'
import { kind, options, type Codec } from './kind.js'
import { byPath } from '../wrappers/byPath.js'
import { keepNumber, minusZero, textOf } from './verbatim.js'
import { byPathType, writeValue } from './writeValue.js'

export { flag } from './exactly.js'

const numberOf = (u: unknown): unknown => (u === minusZero ? -0 : u)

/** The codec of a kind of number; it reads -0 from a string. */
const numberOfKind = ({ expected: name, holds }: kinds.NumberKind): Codec<number> => {
  const is = (u: unknown): u is number => typeof u === 'number' && holds(u)
  return new t.Type(
    name,
    is,
    (u, context) => {
      const x = numberOf(u)
      return is(x) ? t.success(x) : t.failure(u, context, expectedGot(name, u))
    },
    keepNumber,
  )
}

export const number = numberOfKind(kinds.finite)
export const positive = numberOfKind(kinds.positive)
export const fraction = numberOfKind(kinds.fraction)
export const integer = numberOfKind({ expected: 'a whole number', holds: Number.isInteger })
export const steps = numberOfKind(kinds.steps)
export const positiveSteps = numberOfKind(kinds.stepsAbove0)
export const notNegative = numberOfKind({ ...nonNegative(0), expected: 'a number, at least 0 and finite' })

/** The codec of one of these words. */
export const choice = <const W extends string>(...words: readonly W[]): Codec<W> =>
  exactly(words.map(word => JSON.stringify(word)).join(' or '), (u): u is W => words.some(word => word === u))

export const text = exactly('a string', t.string.is)

/** The codec of a list; its first entry may have a codec of its own. */
export const list = <A>(name: string, first: Codec<A>, rest = first): Codec<readonly A[]> => {
  const is = (u: unknown): u is readonly A[] => Array.isArray(u) && u.every((x, i) => (i === 0 ? first : rest).is(x))
  return new t.Type(
    name,
    is,
    (u, context) => {
      if (!Array.isArray(u)) return t.failure(u, context, expectedGot(name, u))
      const read = u.map((x: unknown, i) => {
        const codec = i === 0 ? first : rest
        return codec.validate(x, t.appendContext(context, String(i), codec, x))
      })
      const errors = read.flatMap(one => (E.isLeft(one) ? one.left : []))
      return errors.length > 0
        ? t.failures(errors)
        : t.success(read.flatMap(one => (E.isRight(one) ? [one.right] : [])))
    },
    entries => entries.map((x, i) => (i === 0 ? first : rest).encode(x)),
  )
}

export const numbers = list('a list of numbers', number)

const axisList = list('a list of whole numbers', integer)
/** The codec of `axis`: a whole number or a list of them. */
export const axes: Codec<number | readonly number[]> = new t.Type<number | readonly number[], unknown, unknown>(
  'a whole number or a list of them',
  (u): u is number | readonly number[] => integer.is(u) || axisList.is(u),
  (u, context) => (Array.isArray(u) ? axisList.validate(u, context) : integer.validate(u, context)),
  writeValue,
)

/** The codec of `boundariesAndScales`. */
export const scales: Codec<Readonly<Record<number, number>>> = (() => {
  const name = 'a record of numbers by counts'
  const isCount = (key: string): boolean => steps.is(Number(key)) && String(Number(key)) === key
  const is = (u: unknown): u is Readonly<Record<number, number>> =>
    isRecord(u) && Object.entries(u).every(([key, x]) => isCount(key) && notNegative.is(x))
  return new t.Type<Readonly<Record<number, number>>, unknown, unknown>(
    name,
    is,
    (u, context) => {
      if (!isRecord(u)) return t.failure(u, context, expectedGot(name, u))
      const read = Object.entries(u).map(([key, x]) => {
        const here = t.appendContext(context, key, notNegative, x)
        if (!isCount(key))
          return t.failure<number>(key, here, `expected a whole number as key, got ${JSON.stringify(key)}`)
        return notNegative.validate(x, here)
      })
      const errors = read.flatMap(one => (E.isLeft(one) ? one.left : []))
      return errors.length > 0
        ? t.failures(errors)
        : t.success(Object.fromEntries(Object.entries(u).map(([key, x]) => [key, numberOf(x) as number])))
    },
    writeValue,
  )
})()

type Range = (value: Hyper) => HyperSpec

/** The codec of a number in a range, or a schedule whose value at count 0 is in it. */
const timed =
  (schedule: Codec<Schedule>) =>
  (range: Range): Codec<Timed> => {
    const { expected, holds } = range(0)
    const inRange = `a number${expected.startsWith('in ') ? '' : ','} ${expected}`
    const name = `${inRange}, or a schedule`
    return new t.Type<Timed, unknown, unknown>(
      name,
      (u): u is Timed => typeof u === 'number' || schedule.is(u),
      (u, context) => {
        const x = numberOf(u)
        if (typeof x === 'number') return holds(x) ? t.success(x) : t.failure(u, context, expectedGot(inRange, u))
        if (!isRecord(u)) return t.failure(u, context, expectedGot(name, u))
        return F.pipe(
          schedule.validate(u, context),
          E.flatMap((made): t.Validation<Timed> => {
            const first = made(0)
            const says = `expected ${inRange}, its schedule gave ${first} at count 0`
            return holds(first) ? t.success(made) : t.failure(u, context, says)
          }),
        )
      },
      writeValue,
    )
  }

/** The codec of a hyperparameter with a range: a number, a schedule, or `byPath` with patterns. */
export const hyper =
  (schedule: Codec<Schedule>) =>
  (range: Range): Codec<Hyper> => {
    const one = timed(schedule)(range)
    const byPatterns = kind(
      options({ patterns: list('a list of [pattern, value]', patternPair(one)), otherwise: one }, {}),
      (o): Hyper => byPath(o.patterns, o.otherwise),
    )
    return new t.Type<Hyper, unknown, unknown>(
      `${one.name}, or byPath`,
      (u): u is Hyper => one.is(u) || isByPath(u),
      (u, context) => {
        if (!isRecord(u) || u['type'] !== byPathType) return one.validate(u, context)
        const { type: _, ...rest } = u
        return byPatterns(rest, context)
      },
      writeValue,
    )
  }

/** The codec of a pair of a pattern and a value. */
const patternPair = (value: Codec<Timed>): Codec<readonly [string, Timed]> =>
  new t.Type<readonly [string, Timed], unknown, unknown>(
    '[pattern, value]',
    (u): u is readonly [string, Timed] => Array.isArray(u),
    (u, context) => {
      if (!Array.isArray(u) || u.length !== 2) return t.failure(u, context, expectedGot('[pattern, value]', u))
      const source = textOf(u[0])
      if (source === null)
        return t.failure(u, t.appendContext(context, '0', t.string, u[0]), expectedGot('a string', u[0]))
      return F.pipe(
        value.validate(u[1], t.appendContext(context, '1', value, u[1])),
        E.map(read => [source, read] as const),
      )
    },
    writeValue,
  )

/** The codec of `everyK`: a whole number from 1 on, or a schedule of such numbers. */
export const interval = (schedule: Codec<Schedule>): Codec<Timed> =>
  timed(schedule)(value => ({ value, expected: 'whole and above 0', holds: k => positiveSteps.is(k) }))

/** The codec, or null. */
export const orNull = <A>(codec: Codec<A>): Codec<A | null> =>
  new t.Type<A | null, unknown, unknown>(
    `${codec.name}, or null`,
    (u): u is A | null => u === null || codec.is(u),
    (u, context) => (u === null ? t.success(null) : codec.validate(u, context)),
    value => (value === null ? null : codec.encode(value)),
  )

/** The codec of any finite hyperparameter, for custom factories, which check their ranges themselves. */
export const anyHyper = (schedule: Codec<Schedule>): Codec<Hyper> => hyper(schedule)(finite)
