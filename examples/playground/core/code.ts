/** A chain as TypeScript, from its config. It is text to copy: nothing here or on the page runs it. */
import type { Config, Json } from '../../../lib/config.js'
import * as optimizers from '../../../lib/optimizers.js'
import * as publicSchedules from '../../../lib/schedules.js'
import * as links from '../../../lib/transforms.js'
import * as wrappers from '../../../lib/wrappers.js'
import { isRecord } from '../../../lib/tree/structure.js'
import { schedules, transformations, type Entry } from './catalogue.js'

/** Factories that take an option with a default by its place; all others take these in the record behind. */
const byPlace: Readonly<Record<string, readonly string[]>> = {
  adafactor: ['learningRate'],
  addDecayedWeights: ['weightDecay'],
  applyEvery: ['k'],
  piecewiseConstantSchedule: ['boundariesAndScales'],
  piecewiseInterpolateSchedule: ['boundariesAndScales'],
}

/** Factories whose arguments stand in another order than the keys of their configs. */
const orders: Readonly<Record<string, readonly string[]>> = {
  polynomialSchedule: ['initValue', 'endValue', 'power', 'transitionSteps'],
}

const names: Readonly<Record<string, unknown>> = {
  ...links,
  ...optimizers,
  ...wrappers,
  ...publicSchedules,
  chain: true,
  namedChain: true,
  identity: true,
}

interface Written {
  readonly text: string
  readonly uses: readonly string[]
}

/** Thrown, and caught, within this file: the config has a part that no public factory makes. */
class NoCode extends Error {}

const joined = (
  parts: readonly Written[],
  make: (texts: readonly string[]) => string,
  ...more: readonly string[]
): Written => ({
  text: make(parts.map(({ text }) => text)),
  uses: [...more, ...parts.flatMap(({ uses }) => uses)],
})

const short = 90
/** A call or a list, in one line where that is short. */
const wrapped = (open: string, texts: readonly string[], close: string): string => {
  const line = `${open}${texts.join(', ')}${close}`
  if (line.length <= short && !line.includes('\n')) return line
  return `${open.trimEnd()}\n${texts.map(text => `  ${text.replaceAll('\n', '\n  ')},\n`).join('')}${close.trimStart()}`
}

const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key))

const record = (entries: readonly (readonly [string, Written])[]): Written =>
  joined(
    entries.map(([key, { text, uses }]) => ({ text: `${keyText(key)}: ${text}`, uses })),
    texts => (texts.length === 0 ? '{}' : wrapped('{ ', texts, ' }')),
  )

const list = (items: readonly Written[]): Written => joined(items, texts => wrapped('[', texts, ']'))

const plain = (json: Json): Written => {
  if (json === '-0') return { text: '-0', uses: [] }
  if (Array.isArray(json)) return list(json.map((one: Json) => plain(one)))
  if (isRecord(json)) return record(Object.entries(json).map(([key, one]) => [key, plain(one)]))
  return {
    text:
      typeof json === 'string' ? `'${JSON.stringify(json).slice(1, -1).replaceAll("'", "\\'")}'` : JSON.stringify(json),
    uses: [],
  }
}

/** The text of `{name: '…'}`, the form that survives tfjs, as what it stands for. */
const unwrapped = (json: Json): Json =>
  isRecord(json) && Object.keys(json).length === 1 && typeof json['name'] === 'string' ? json['name'] : json

/** JSON in a string of a config. */
const parsed = (text: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new NoCode('not JSON', { cause })
  }
}

const mask = (json: Json): Written => {
  if (isRecord(json) && Object.keys(json).length === 1 && typeof json['name'] === 'string')
    return plain(parsed(json['name']))
  const isPatterns = isRecord(json) && Object.keys(json).every(key => ['include', 'exclude', 'negate'].includes(key))
  if (!isPatterns || Object.values(json).every(one => typeof one === 'boolean')) return plain(json)
  const lists = Object.entries(json).map(([key, value]): [string, Written] => [
    key,
    plain(Array.isArray(value) ? value.map((one: Json) => unwrapped(one)) : unwrapped(value)),
  ])
  return joined([record(lists)], ([text = '']) => `matching(${text})`, 'matching')
}

const byPath = (json: Config): Written =>
  joined(
    [
      plain(
        (json['patterns'] as readonly Json[]).map(pair =>
          Array.isArray(pair) ? [unwrapped(pair[0] as Json), pair[1] as Json] : pair,
        ),
      ),
      value(json['otherwise'] ?? 0),
    ],
    ([a = '', b = '']) => `byPath(${a}, ${b})`,
    'byPath',
  )

const skip = (json: Config): Written => ({
  text:
    json.type === 'skipNotFinite' ? 'skipNotFinite()' : `skipLargeUpdates(${JSON.stringify(json['maxSquaredNorm'])})`,
  uses: [json.type],
})

/** The value of an option. */
const value = (json: Json, key = ''): Written => {
  if (/mask$/i.test(key)) return mask(json)
  if (key === 'labels') return plain(isRecord(json) && typeof json['name'] === 'string' ? parsed(json['name']) : json)
  if (Array.isArray(json)) return list(json.map((one: Json) => value(one)))
  if (!isRecord(json) || typeof json['type'] !== 'string') return plain(json)
  const config = json as Config
  if (config.type === 'byPath') return byPath(config)
  return key === 'shouldSkipUpdate' ? skip(config) : call(config)
}

const named = (json: Json): readonly [string, Config] => {
  const { name, link } = json as { readonly name: Json; readonly link: Config }
  const text = unwrapped(name)
  if (typeof text !== 'string') throw new NoCode()
  return [text, link]
}

/** The call of a factory. */
const call = (config: Config): Written => {
  const { type } = config
  const entry: Entry | undefined = transformations.get(type) ?? schedules.get(type)
  if (entry === undefined || !(type in names)) throw new NoCode()
  const as = (args: readonly Written[]): Written => joined(args, texts => wrapped(`${type}(`, texts, ')'), type)
  const list = (key: string): readonly Json[] => (config[key] ?? []) as readonly Json[]
  if (type === 'chain') return as(list('links').map(one => value(one)))
  if (type === 'namedChain')
    return as(
      list('links').map(one => joined([plain(named(one)[0]), call(named(one)[1])], texts => `[${texts.join(', ')}]`)),
    )
  if (type === 'partition' || type === 'multiTransform')
    return as([
      record(list('groups').map(one => [named(one)[0], call(named(one)[1])])),
      value(config['labels'] ?? '', 'labels'),
    ])
  const isByPlace = (key: string, isRequired: boolean): boolean => isRequired || (byPlace[type]?.includes(key) ?? false)
  const given = entry.options.filter(({ key }) => config[key] !== undefined)
  const order = orders[type] ?? []
  const atPlaces = entry.options
    .filter(({ key, isRequired }) => isByPlace(key, isRequired))
    .sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key))
  const behind = given.filter(({ key, isRequired }) => !isByPlace(key, isRequired))
  const placed = atPlaces.map(({ key }) => {
    const json = config[key]
    return json === undefined ? { text: 'undefined', uses: [] } : value(json, key)
  })
  const lastGiven = placed.findLastIndex(({ text }) => text !== 'undefined')
  const args = behind.length === 0 ? placed.slice(0, lastGiven + 1) : placed
  return as([
    ...args,
    ...(behind.length === 0 ? [] : [record(behind.map(({ key }) => [key, value(config[key] ?? null, key)]))]),
  ])
}

/** A program that makes the chain of a config, with its imports. */
export const codeOf = (config: Config): string => {
  try {
    const { text, uses } = call(config)
    const imported = [...new Set(uses)].sort()
    return `import { ${imported.join(', ')} } from 'tfjs-optax'\n\nconst tx = ${text}\n`
  } catch (fault) {
    if (!(fault instanceof NoCode)) throw fault
    const json = JSON.stringify(config, null, 2)
    return `import { either as E } from 'fp-ts'\nimport { transformFromConfig } from 'tfjs-optax/config'\n\nconst tx = E.getOrElseW(fault => { throw fault })(transformFromConfig(${json}))\n`
  }
}
