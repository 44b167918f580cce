import { either as E, function as F, readonlyArray as A } from 'fp-ts'
import * as t from 'io-ts'
import { nameOf, scheduleNotRead, type ValueError } from '../../errors.js'
import { refuseUnknown } from '../../rule/options.js'
import { snakeCase, type Kind } from './define.js'
import type { KerasSchedule } from './keras.js'
import { isRecord } from '../../tree/structure.js'
import { kindsByName } from './registry.js'

export interface DeserializeOptions {
  /** what errors call the schedule, default `learning_rate` */
  readonly at?: string
  /** whether the schedules are made with `strict` where they have it, default false */
  readonly strict?: boolean
}

/** What is wrong, and where. */
interface Wrong {
  readonly path: string
  readonly says: string
}
type Read<X> = E.Either<Wrong, X>
type Values = Readonly<Record<string, unknown>>

const unlike = (path: string, expected: string, got: unknown): Wrong => ({
  path,
  says: `expected ${expected}, got ${got === undefined ? 'nothing' : nameOf(got)}`,
})

const check = <X>(codec: t.Decoder<unknown, X>, path: string, expected: string, got: unknown): Read<X> =>
  F.pipe(
    codec.decode(got),
    E.mapLeft(() => unlike(path, expected, got)),
  )

/** `decay_steps` to `decaySteps`, as tfjs turns the keys of a Keras file. */
const camelCase = (key: string): string => key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

/** A record by Keras's keys, in whichever of the two spellings they stand. */
const byKey = (path: string, known: readonly string[], record: Values): Read<Values> =>
  F.pipe(
    Object.entries(record),
    A.reduce<[string, unknown], Read<Values>>(E.right({}), (all, [key, value]) =>
      F.pipe(
        all,
        E.flatMap(values => {
          const name = known.find(one => one === key || camelCase(one) === key)
          const wrong = (says: string) => E.left({ path: `${path}.${key}`, says })
          if (name === undefined) return wrong(`unknown key, expected one of ${known.join(', ')}`)
          return Object.hasOwn(values, name) ? wrong('given twice') : E.right({ ...values, [name]: value })
        }),
      ),
    ),
  )

const envelope = ['class_name', 'config', 'module', 'registered_name', '__passive_serialization__']
const MaybeText = t.union([t.string, t.null, t.undefined])

/** The kind of schedule and its config, from either form. */
const open = (json: unknown, path: string): Read<{ readonly kind: Kind; readonly config: Values }> =>
  F.pipe(
    check(t.UnknownRecord, path, 'a schedule {class_name, config}', json),
    E.flatMap(record => byKey(path, envelope, record)),
    E.bindTo('values'),
    E.bind('name', ({ values }) => check(t.string, `${path}.class_name`, 'a string', values['class_name'])),
    E.bind('kind', ({ name }) =>
      E.fromNullable(unlike(`${path}.class_name`, `one of ${[...kindsByName.keys()].join(', ')}`, name))(
        kindsByName.get(name),
      ),
    ),
    E.bind('config', ({ values }) => check(t.UnknownRecord, `${path}.config`, 'a record', values['config'])),
    E.tap(({ values }) => check(MaybeText, `${path}.module`, 'a string or null', values['module'])),
    E.tap(({ values, name }) => {
      const [at, got] = [`${path}.registered_name`, values['registered_name']]
      const same = (text?: string | null) => text == null || text === name || text.endsWith(`>${name}`)
      return F.pipe(
        check(MaybeText, at, 'a string or null', got),
        E.filterOrElse(same, () => unlike(at, name, got)),
      )
    }),
  )

const read = (json: unknown, path: string, strict: boolean): Read<KerasSchedule> =>
  F.pipe(
    open(json, path),
    E.bind('given', ({ kind, config }) => {
      const known = Object.keys(kind.fields).filter(key => kind.fields[key]?.local === false)
      return byKey(path, known.map(snakeCase), config)
    }),
    E.bind('values', ({ given }) =>
      F.pipe(
        Object.entries(given),
        // No argument is a record but a schedule.
        A.traverse(E.Applicative)(([key, value]) =>
          F.pipe(
            isRecord(value) ? read(value, `${path}.${key}`, strict) : E.right(value),
            E.map((got): readonly [string, unknown] => [camelCase(key), got]),
          ),
        ),
        E.map((entries): Values => Object.fromEntries(entries)),
      ),
    ),
    E.flatMap(({ kind, values }) =>
      F.pipe(
        kind.build({ ...values, strict }),
        E.mapLeft(({ key, expected, got }) => unlike(`${path}.${snakeCase(key)}`, expected, got)),
      ),
    ),
  )

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
export const deserializeSchedule = (
  json: unknown,
  { at = 'learning_rate', strict = false, ...unknown }: DeserializeOptions = {},
): E.Either<ValueError, KerasSchedule> => {
  refuseUnknown('deserializeSchedule', unknown)
  return F.pipe(
    read(json, at, strict),
    E.mapLeft(({ path, says }) => scheduleNotRead(path, says)),
  )
}
