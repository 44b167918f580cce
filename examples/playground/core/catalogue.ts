/**
 * What the menus offer, from the package's own data: its registry of configs says which factories there are and what
 * their options may be, and its lists of public names say what each one is.
 */
import { either as E } from 'fp-ts'
import type * as t from 'io-ts'
import { codecs, configOf, transformFromConfig, type Config, type Json } from '../../../lib/config.js'
import type { Kind } from '../../../lib/config/kind.js'
import { scheduleKinds } from '../../../lib/config/schedules.js'
import { transforms } from '../../../lib/config/transforms.js'
import * as optimizers from '../../../lib/optimizers.js'
import * as publicSchedules from '../../../lib/schedules.js'
import * as links from '../../../lib/transforms.js'
import { isRecord } from '../../../lib/tree/structure.js'

/** How an option is asked for. */
export type Form =
  | { readonly form: 'number'; readonly timed: boolean }
  | { readonly form: 'flag' }
  | { readonly form: 'words'; readonly words: readonly string[] }
  | { readonly form: 'link' | 'links' | 'schedule' | 'schedules' | 'json' }

export interface Option {
  readonly key: string
  readonly isRequired: boolean
  /** what is expected, in words */
  readonly expected: string
  readonly form: Form
}

export interface Entry {
  readonly type: string
  readonly options: readonly Option[]
}

/** Codecs name what they expect, and that decides the form. */
const formOf = (expected: string): Form => {
  const name = expected.replace(/, or null$/, '')
  const words = name.split(' or ')
  if (words.every(word => /^"[^"]*"$/.test(word))) return { form: 'words', words: words.map(word => word.slice(1, -1)) }
  if (name === 'true or false') return { form: 'flag' }
  if (name === codecs.transform.name) return { form: 'link' }
  if (name === codecs.schedule.name) return { form: 'schedule' }
  if (name === 'a list of transformations') return { form: 'links' }
  if (name === 'a list of schedules') return { form: 'schedules' }
  if (/ or a schedule\b/.test(name)) return { form: 'number', timed: true }
  return /^a (whole |finite )?number(?! or a list)/.test(name) ? { form: 'number', timed: false } : { form: 'json' }
}

const propsOf = (codec: unknown): readonly (readonly [string, t.Mixed])[] =>
  isRecord(codec) || (typeof codec === 'object' && codec !== null)
    ? Object.entries((codec as { readonly props?: Readonly<Record<string, t.Mixed>> }).props ?? {})
    : []

/** The options of a kind, the required ones first. */
const optionsOf = ({ options }: Kind<unknown>): readonly Option[] => {
  const parts = (options as { readonly types?: readonly unknown[] } | undefined)?.types ?? []
  return parts.flatMap((part, i) =>
    propsOf(part).map(([key, { name }]) => ({ key, isRequired: i === 0, expected: name, form: formOf(name) })),
  )
}

const entriesOf = (kinds: Readonly<Record<string, Kind<unknown>>>): ReadonlyMap<string, Entry> =>
  new Map(Object.entries(kinds).map(([type, one]) => [type, { type, options: optionsOf(one) }]))

/** Every transformation by its type. */
export const transformations = entriesOf(transforms(codecs.transform, codecs.schedule))
/** Every schedule of the package by its type. */
export const schedules = entriesOf(scheduleKinds(codecs.schedule))

/** The groups of the menu of transformations. Links that only recipes use have no public name and are in none. */
export const groups: readonly { readonly title: string; readonly types: readonly string[] }[] = (() => {
  const all = [...transformations.values()]
  const takesLinks = ({ options }: Entry): boolean =>
    options.some(
      ({ form: { form }, expected }) => form === 'link' || form === 'links' || expected.includes('{name, link}'),
    )
  const isOnlyForReplicas = (type: string): boolean => type === 'aggregate'
  const sorted = (some: readonly Entry[]): readonly string[] => some.map(({ type }) => type).sort()
  const wrappers = all.filter(one => takesLinks(one) && !isOnlyForReplicas(one.type))
  const others = all.filter(one => !takesLinks(one))
  return [
    { title: 'Recipes', types: sorted(others.filter(({ type }) => type in optimizers)) },
    { title: 'Links', types: sorted(others.filter(({ type }) => type in links && !(type in optimizers))) },
    { title: 'Containers', types: sorted(wrappers) },
  ]
})()

/** The public schedules. */
export const scheduleTypes: readonly string[] = [...schedules.keys()].filter(type => type in publicSchedules).sort()

const examples: readonly Json[] = [0.1, 0.9, 1, 10, 4, 0]
/** Values that suit an option better than the first that fits. */
const preferred: Readonly<Record<string, Json>> = {
  learningRate: 0.05,
  decay: 0.9,
  momentum: 0.9,
  stepSize: -0.05,
  decaySteps: 200,
  transitionSteps: 100,
  warmupSteps: 20,
  peakValue: 0.05,
  initValue: 0.05,
  endValue: 0,
  decayRate: 0.9,
  boundaries: [100],
  cycles: [{ initValue: 0.05, peakValue: 0.1, warmupSteps: 10, decaySteps: 50 }],
  links: [
    { name: 'moments', link: { type: 'scaleByAdam' } },
    { name: 'rate', link: { type: 'scaleByLearningRate', learningRate: 0.05 } },
  ],
  period: 50,
  power: 2,
  stepsPerEpoch: 20,
  groups: [{ name: 'all', link: { type: 'adam', learningRate: 0.05 } }],
  labels: 'all',
  mask: true,
}

const plainSchedule: Config = { type: 'cosineDecaySchedule', initValue: 0.05, decaySteps: 200 }
const plainLink: Config = { type: 'adam', learningRate: 0.05 }

/** Something to begin with for an option that must be given. */
export const firstValue = ({ key, form: how }: Option): Json => {
  if (how.form === 'flag') return false
  if (how.form === 'words') return how.words[0] ?? ''
  if (how.form === 'link') return key === 'advOptimizer' ? { type: 'sgd', learningRate: 0.05 } : plainLink
  if (how.form === 'links') return [plainLink]
  if (how.form === 'schedule') return plainSchedule
  if (how.form === 'schedules') return [plainSchedule, { type: 'constantSchedule', value: 0.01 }]
  return preferred[key] ?? 0.1
}

/** A config of a type with values to begin with; the first that its codec accepts. */
export const firstConfig = (type: string): Config => {
  const { options } = transformations.get(type) ?? { options: [] }
  const required = options.filter(({ isRequired }) => isRequired)
  const begun: Config = { type, ...Object.fromEntries(required.map(one => [one.key, firstValue(one)])) }
  return required
    .filter(({ form: { form } }) => form === 'number')
    .reduce((config, { key }) => {
      const fits = (value: Json): boolean => {
        const read = transformFromConfig({ ...config, [key]: value })
        return E.isRight(read) || !read.left.faults.some(line => line.startsWith(`${key}:`))
      }
      const [value = 0.1] = [config[key] ?? 0.1, ...examples].filter(fits)
      return { ...config, [key]: value }
    }, begun)
}

/** A config of a schedule with values to begin with. */
export const firstSchedule = (type: string): Config => {
  const { options } = schedules.get(type) ?? { options: [] }
  const required = options.filter(({ isRequired }) => isRequired)
  return { type, ...Object.fromEntries(required.map(one => [one.key, firstValue(one)])) }
}

/** What an option is if it is left out, as the package itself writes it; null if its config does not say. */
export const defaultOf = (type: string, key: string): string | null => {
  const read = transformFromConfig(firstConfig(type))
  const written = E.isRight(read) ? configOf(read.right) : null
  if (written === null || E.isLeft(written)) return null
  const found = valuesAt(written.right, key)
  return new Set(found).size === 1 ? (found[0] ?? null) : null
}

const valuesAt = (json: Json, key: string): readonly string[] =>
  typeof json !== 'object' || json === null
    ? []
    : Object.entries(json).flatMap(([name, value]: readonly [string, Json]) => [
        ...(name === key && typeof value !== 'object' ? [String(value)] : []),
        ...valuesAt(value, key),
      ])
