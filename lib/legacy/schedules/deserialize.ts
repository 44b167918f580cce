import { either as E } from 'fp-ts'
import { checked } from '../../call/checked.js'
import type { Names } from '../../call/signature.js'
import { admit } from '../../config/admit.js'
import { expectedGot } from '../../config/faults.js'
import type { Fault } from '../../config/json.js'
import type { KerasSchedule } from '../../config/kerasSchedule.js'
import { scheduleNotRead, type ValueError } from '../../errors.js'
import { isRecord } from '../../tree/structure.js'
import { snakeCase, type ScheduleKind } from './define.js'
import { kindsByName } from './registry.js'

/** Options of `deserializeSchedule`. */
export interface DeserializeOptions {
  /** the name of the schedule in errors, default `learning_rate` */
  readonly at?: string
  /** the option `strict` of the schedules that have it, default false */
  readonly strict?: boolean
}

const options: Names<DeserializeOptions> = { at: 'path', strict: '' }

type ArgumentValues = Readonly<Record<string, unknown>>
type ReadSchedule = E.Either<readonly Fault[], KerasSchedule>

/** `decay_steps` to `decaySteps`, as tfjs changes the keys of a Keras file. */
const camelCase = (key: string): string => key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

/** The record with Keras's spelling of its keys, which may be in either spelling. */
const byKey = (path: string, known: readonly string[], record: ArgumentValues, faults: Fault[]): ArgumentValues => {
  const names = new Map(known.flatMap(name => [name, camelCase(name)].map(key => [key, name] as const)))
  const values: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(record)) {
    const name = names.get(key)
    if (name !== undefined && !Object.hasOwn(values, name)) values[name] = value
    else
      faults.push({
        path: `${path}.${key}`,
        says: name === undefined ? `unknown key, expected one of ${known.join(', ')}` : 'given twice',
      })
  }
  return values
}

/** The schedule of one kind. Faults of an inner schedule replace the fault of the field that has it. */
const build = (
  kind: ScheduleKind,
  config: ArgumentValues,
  path: string,
  strict: boolean,
  faults: Fault[],
): ReadSchedule => {
  const known = Object.keys(kind.fields).filter(key => kind.fields[key]?.local === false)
  const given: Record<string, unknown> = { strict }
  const failed = new Set<string>()
  for (const [name, value] of Object.entries(byKey(path, known.map(snakeCase), config, faults))) {
    // The only arguments that are records are schedules.
    const inner: E.Either<readonly Fault[], unknown> = isRecord(value)
      ? read(value, `${path}.${name}`, strict)
      : E.right(value)
    if (E.isRight(inner)) given[camelCase(name)] = inner.right
    else {
      failed.add(camelCase(name))
      faults.push(...inner.left)
    }
  }
  const made = kind.build(given)
  if (E.isRight(made)) return made
  return E.left(
    made.left
      .filter(({ key }) => !failed.has(key))
      .map(({ key, expected, got }) => ({ path: `${path}.${snakeCase(key)}`, says: expectedGot(expected, got) })),
  )
}

const envelope = ['class_name', 'config', 'module', 'registered_name', '__passive_serialization__']
const isText = (u: unknown): u is string | null | undefined => u === undefined || u === null || typeof u === 'string'

const read = (json: unknown, path: string, strict: boolean): ReadSchedule => {
  const faults: Fault[] = []
  const expect = (at: string, expected: string, got: unknown): void => {
    faults.push({ path: `${path}${at}`, says: expectedGot(expected, got) })
  }
  if (!isRecord(json)) {
    expect('', 'a schedule {class_name, config}', json)
    return E.left(faults)
  }
  const { class_name: name, config, module, registered_name: registered } = byKey(path, envelope, json, faults)
  const kind = typeof name === 'string' ? kindsByName.get(name) : undefined
  if (typeof name !== 'string') expect('.class_name', 'a string', name)
  else if (kind === undefined) expect('.class_name', `one of ${[...kindsByName.keys()].join(', ')}`, name)
  if (!isRecord(config)) expect('.config', 'a record', config)
  if (!isText(module)) expect('.module', 'a string or null', module)
  if (!isText(registered)) expect('.registered_name', 'a string or null', registered)
  else if (typeof name === 'string' && registered && registered !== name && !registered.endsWith(`>${name}`))
    expect('.registered_name', name, registered)
  const made = kind === undefined || !isRecord(config) ? E.left([]) : build(kind, config, path, strict, faults)
  const all = [...faults, ...(E.isLeft(made) ? made.left : [])]
  return all.length === 0 ? made : E.left(all)
}

/** `deserializeSchedule` with all faults; their paths begin with `path`, or with a dot if that is empty. */
export const readSchedule = (json: unknown, strict: boolean, path = ''): ReadSchedule => {
  const plain = admit(json)
  return E.isLeft(plain)
    ? E.left(plain.left.map(one => ({ ...one, path: [path, one.path].filter(part => part !== '').join('.') })))
    : read(plain.right, path, strict)
}

/**
 * The schedule that JSON of Keras or of `serializeSchedule` describes: `{class_name, config}` or `{module, class_name,
 * config, registered_name}`, with keys in Keras's spelling or in camel case, into which tfjs changes them. Left has a
 * line such as `learning_rate.decay_steps: expected a number, got "x"`. Unknown keys are errors, and so are more than
 * 100,000 values or a nesting deeper than 500.
 *
 * The Model Garden writes the inner schedule of LinearWarmup and PolynomialWarmUp without its class: add it by hand.
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
  ): E.Either<ValueError, KerasSchedule> =>
    E.mapLeft(([first]: readonly Fault[]) => scheduleNotRead(first?.path ?? at, first?.says ?? ''))(
      readSchedule(json, strict, at),
    ),
)
