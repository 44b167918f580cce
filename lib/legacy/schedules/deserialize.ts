import { either as E, function as F, option as O, readonlyNonEmptyArray as N } from 'fp-ts'
import * as t from 'io-ts'
import { checked } from '../../call/checked.js'
import type { Names } from '../../call/signature.js'
import { nameOf, scheduleNotRead, type ValueError } from '../../errors.js'
import { snakeCase, type Fault, type Kind } from './define.js'
import type { KerasSchedule } from './keras.js'
import { isRecord } from '../../tree/structure.js'
import { kindsByName } from './registry.js'

export interface DeserializeOptions {
  /** what errors call the schedule, default `learning_rate` */
  readonly at?: string
  /** whether the schedules are made with `strict` where they have it, default false */
  readonly strict?: boolean
}

const options: Names<DeserializeOptions> = { at: 'path', strict: '' }

/** What is wrong, and where. */
export interface Wrong {
  readonly path: string
  readonly says: string
}
type Wrongs = N.ReadonlyNonEmptyArray<Wrong>
type Read<X> = E.Either<Wrongs, X>
type Values = Readonly<Record<string, unknown>>

const unlike = (path: string, expected: string, got: unknown): Wrong => ({
  path,
  says: `expected ${expected}, got ${got === undefined ? 'nothing' : nameOf(got)}`,
})

const check = <X>(codec: t.Decoder<unknown, X>, path: string, expected: string, got: unknown): Read<X> =>
  F.pipe(
    codec.decode(got),
    E.mapLeft(() => [unlike(path, expected, got)]),
  )

/** `decay_steps` to `decaySteps`, as tfjs turns the keys of a Keras file. */
const camelCase = (key: string): string => key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

const wrongsOf = (read: Read<unknown>): readonly Wrong[] => (E.isLeft(read) ? read.left : [])

/** What was read, unless anything is wrong; each fault counts once. */
const unless = <X>(wrongs: readonly Wrong[], read: Read<X>): Read<X> =>
  F.pipe(
    N.fromReadonlyArray([...new Set(wrongs)]),
    O.match(() => read, E.left),
  )

/** A record by Keras's keys, in whichever of the two spellings they stand. */
const byKey = (path: string, known: readonly string[], record: Values) => {
  const values: Record<string, unknown> = {}
  const wrongs = Object.entries(record).flatMap(([key, value]): readonly Wrong[] => {
    const name = known.find(one => one === key || camelCase(one) === key)
    const wrong = (says: string) => [{ path: `${path}.${key}`, says }]
    if (name === undefined) return wrong(`unknown key, expected one of ${known.join(', ')}`)
    if (Object.hasOwn(values, name)) return wrong('given twice')
    values[name] = value
    return []
  })
  return { values, wrongs }
}

const envelope = ['class_name', 'config', 'module', 'registered_name', '__passive_serialization__']
const MaybeText = t.union([t.string, t.null, t.undefined])

const kindOf = (path: string, got: unknown): Read<Kind> =>
  F.pipe(
    check(t.string, path, 'a string', got),
    E.flatMap(name =>
      E.fromNullable<Wrongs>([unlike(path, `one of ${[...kindsByName.keys()].join(', ')}`, name)])(
        kindsByName.get(name),
      ),
    ),
  )

const registeredName = (path: string, name: unknown, got: unknown): Read<unknown> =>
  F.pipe(
    check(MaybeText, path, 'a string or null', got),
    E.filterOrElse(
      text => text == null || typeof name !== 'string' || text === name || text.endsWith(`>${name}`),
      (): Wrongs => [unlike(path, String(name), got)],
    ),
  )

/** The schedule of one kind; the faults of its inner schedules stand for those of the fields they are in. */
const build = (kind: Kind, config: Values, path: string, strict: boolean): Read<KerasSchedule> => {
  const known = Object.keys(kind.fields).filter(key => kind.fields[key]?.local === false)
  const { values, wrongs } = byKey(path, known.map(snakeCase), config)
  // No argument is a record but a schedule.
  const inner = Object.entries(values).map(
    ([key, value]) =>
      [
        camelCase(key),
        isRecord(value) ? read(value, `${path}.${key}`, strict) : E.right<Wrongs, unknown>(value),
      ] as const,
  )
  const failed = inner.flatMap(([key, one]) => (E.isLeft(one) ? [key] : []))
  const given = Object.fromEntries(inner.flatMap(([key, one]) => (E.isRight(one) ? [[key, one.right]] : [])))
  const wrong = ({ key, expected, got }: Fault): Wrong => unlike(`${path}.${snakeCase(key)}`, expected, got)
  const made = kind.build({ ...given, strict })
  const faults = E.isLeft(made) ? made.left.filter(({ key }) => !failed.includes(key)) : []
  return unless(
    [...wrongs, ...inner.flatMap(([, one]) => wrongsOf(one)), ...faults.map(wrong)],
    E.mapLeft(N.map(wrong))(made),
  )
}

const read = (json: unknown, path: string, strict: boolean): Read<KerasSchedule> =>
  F.pipe(
    check(t.UnknownRecord, path, 'a schedule {class_name, config}', json),
    E.flatMap(record => {
      const { values, wrongs } = byKey(path, envelope, record)
      const name = values['class_name']
      const kind = kindOf(`${path}.class_name`, name)
      const config = check(t.UnknownRecord, `${path}.config`, 'a record', values['config'])
      const schedule = F.pipe(
        kind,
        E.flatMap(one =>
          F.pipe(
            config,
            E.flatMap(given => build(one, given, path, strict)),
          ),
        ),
      )
      const others = [
        check(MaybeText, `${path}.module`, 'a string or null', values['module']),
        registeredName(`${path}.registered_name`, name, values['registered_name']),
      ]
      return unless([...wrongs, ...[kind, config, ...others, schedule].flatMap(wrongsOf)], schedule)
    }),
  )

/** As `deserializeSchedule`, with everything that is wrong; paths begin with a dot. */
export const readSchedule = (json: unknown, strict: boolean): Read<KerasSchedule> => read(json, '', strict)

/**
 * The schedule that JSON of Keras or of `serializeSchedule` describes: `{class_name, config}` or
 * `{module, class_name, config, registered_name}`, its keys as Keras writes them or in camel case, as tfjs turns them.
 * Left has a line such as `learning_rate.decay_steps: expected a number, got "x"`. An unknown key is an error.
 *
 * Model Garden writes the inner schedule of LinearWarmup and PolynomialWarmUp without its class: add it by hand.
 *
 * @throws TypeError for an unknown option.
 * @source Keras `optimizers/schedules/learning_rate_schedule.py`, deserialize.
 * @example
 * import { either as E } from 'fp-ts'
 * import { deserializeSchedule } from 'tfjs-optax/legacy'
 * const config = { initial_learning_rate: 1, decay_steps: 10, decay_rate: 0.5 }
 * const rate = deserializeSchedule({ class_name: 'ExponentialDecay', config })
 * const halved = E.isRight(rate) ? rate.right(10) : NaN
 * // halved is 0.5
 */
export const deserializeSchedule = /* @__PURE__ */ checked(
  { who: 'deserializeSchedule', takes: ['json'], options },
  (
    json: unknown,
    { at = 'learning_rate', strict = false }: DeserializeOptions = {},
  ): E.Either<ValueError, KerasSchedule> => {
    return F.pipe(
      read(json, at, strict),
      E.mapLeft(([{ path, says }]) => scheduleNotRead(path, says)),
    )
  },
)
