/** Makes the settings of a Keras optimizer from its options, and checks arguments against one another. */
import { either as E, function as F, readonlyArray as A } from 'fp-ts'
import { nameOf } from '../../errors.js'
import { badSettings, unexpectedKeywords } from '../errors.js'
import type { Tensor } from '@tensorflow/tfjs-core'
import { isRecord } from '../../tree/structure.js'
import type { Hyper } from '../../rule/hyper.js'
import type { Gradient, Pair } from './pairs.js'
import {
  clipField,
  flagField,
  functionField,
  functionsField,
  nameField,
  nonNegativeField,
  rateField,
  type Fields,
  type SettingsOf,
} from './fields.js'

type OnPairs = (pairs: readonly Pair<Gradient>[]) => readonly Pair<Gradient>[]

/** The fields that every Keras optimizer has. */
export const baseFields = (name: string, learningRate: number) => ({
  /** the first part of the names of its weights, without `/` */
  name: nameField(name),
  /** at least 0; a number or a schedule */
  learningRate: rateField(learningRate),
  /** the rate becomes `learningRate / (1 + decay iterations)`, at least 0, default 0 */
  decay: nonNegativeField(0),
  /** the norm to which each gradient is clipped, above 0, default null; not with `globalClipnorm` */
  clipnorm: clipField,
  /** the greatest size of an element of a gradient, above 0, default null */
  clipvalue: clipField,
  /** the norm to which all gradients together are clipped, above 0, default null */
  globalClipnorm: clipField,
  /** combines the gradients of replicas, from pairs to pairs; by default they are summed */
  gradientAggregator: functionField<OnPairs>('a function of pairs'),
  /** functions from pairs to pairs, run in order after the aggregator and the clips */
  gradientTransformers: functionsField<OnPairs>('functions of pairs'),
  /** whether to reproduce TensorFlow's accidents too, default false */
  strict: flagField(false),
})

/** The settings that every Keras optimizer has. */
export type BaseSettings = SettingsOf<ReturnType<typeof baseFields>>

/** The options of a constructor: each setting is optional, and `lr` is Keras's old name for the learning rate. */
export type OptionsOf<S extends BaseSettings> = { readonly [K in keyof S]?: OptionOf<S[K]> } & {
  readonly lr?: OptionOf<Hyper>
}
/** An option that may be a schedule may also be a scalar tensor, which is read at every step. */
type OptionOf<T> = (Hyper extends T ? T | Tensor : T) | undefined

/** `beta_1` to `beta1`, `weight_decay_rate` to `weightDecayRate`: as tfjs changes the keys of a file. */
export const camelCase = (key: string): string => key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

type SettingValues = Readonly<Record<string, unknown>>

/** One argument, or its fault. */
const readField = (
  key: string,
  codec: Fields[string]['codec'] | undefined,
  value: unknown,
): E.Either<string, unknown> =>
  codec === undefined
    ? E.left(`${key}: unknown`)
    : F.pipe(
        codec.decode(value),
        E.mapLeft(() => `${key} must be ${codec.name}, got ${nameOf(value)}`),
      )

const clips = ['clipnorm', 'clipvalue', 'globalClipnorm'] as const

/** Faults of arguments that do not fit together. */
const conflicts = (settings: SettingValues): readonly string[] => {
  const { clipnorm, globalClipnorm, gradientTransformers, strict } = settings as Partial<BaseSettings>
  const set = clips.filter(key => (settings[key] ?? null) !== null)
  return [
    ...((gradientTransformers ?? []).length > 0
      ? set.map(key => `${key} cannot be set when gradientTransformers is set; clip in a transformer`)
      : []),
    ...(set.includes('clipnorm') && set.includes('globalClipnorm') && strict !== true
      ? [`clipnorm and globalClipnorm cannot both be set, got ${clipnorm} and ${globalClipnorm}`]
      : []),
  ]
}

/** Options by the names of the fields; `lr` overrides `learningRate`. Throws TypeError for unknown ones. */
const byField = (
  who: string,
  fields: Fields,
  options: unknown,
): { readonly given: SettingValues; readonly twice: readonly string[] } => {
  if (!isRecord(options)) throw unexpectedKeywords(who, [nameOf(options)], Object.keys(fields))
  const known = Object.entries(options).filter(([, value]) => value !== undefined)
  const isKnown = (key: string): boolean =>
    Object.hasOwn(fields, key) || (key === 'lr' && Object.hasOwn(fields, 'learningRate'))
  const unknown = Object.keys(options).filter(key => !isKnown(camelCase(key)))
  if (unknown.length > 0) throw unexpectedKeywords(who, unknown, Object.keys(fields))
  const { lr, ...given } = Object.fromEntries(known.map(([key, value]) => [camelCase(key), value]))
  const twice = known.flatMap(([key], i) => {
    const first = known.slice(0, i).find(([other]) => camelCase(other) === camelCase(key))
    return first === undefined ? [] : [`${camelCase(key)} is given twice, as ${first[0]} and ${key}`]
  })
  return { given: lr === undefined ? given : { ...given, learningRate: lr }, twice }
}

/** The settings from options. Throws TypeError for unknown options, or a ValueError that lists every other fault. */
export const readSettings = <F extends Fields>(who: string, fields: F, options: unknown): SettingsOf<F> => {
  const { given, twice } = byField(who, fields, options)
  const strict = given['strict'] === true && Object.hasOwn(fields, 'gradientTransformers')
  const read = Object.entries(fields).map(([key, { codec, strictCodec, fallback }]) =>
    F.pipe(
      Object.hasOwn(given, key) && !(given[key] === null && fallback !== null && Array.isArray(fallback))
        ? readField(key, strict ? strictCodec : codec, given[key])
        : E.right(fallback),
      E.map(value => [key, value] as const),
    ),
  )
  // A wrong argument counts as not given, so it does not cause conflicts as well.
  const fallbacks = Object.entries(fields).map(([key, { fallback }]) => [key, fallback] as const)
  const settings = Object.freeze(Object.fromEntries([...fallbacks, ...A.rights(read)]))
  const faults = [...twice, ...A.lefts(read), ...conflicts({ ...settings, strict: false })]
  if (faults.length > 0) throw badSettings(who, faults)
  return settings as SettingsOf<F>
}

/** The settings with one of them changed. */
export const changeSetting = <S extends BaseSettings>(
  who: string,
  fields: Fields,
  settings: S,
  key: string,
  value: unknown,
): S => {
  // Keras checks later assignments less than the constructor does: a clip only against transformers, others not at all.
  const isClip = clips.some(one => one === key)
  const free = settings.strict && isClip && Number.isFinite(value)
  const unchecked = settings.strict && (!isClip || value === null)
  const changed = F.pipe(
    free ? E.right(value) : readField(key, settings.strict ? fields[key]?.laterCodec : fields[key]?.codec, value),
    E.map(read => Object.freeze({ ...settings, [key]: read })),
    E.filterOrElse(
      next => unchecked || conflicts(next).length === 0,
      next => conflicts(next).join('; '),
    ),
  )
  if (E.isLeft(changed)) throw badSettings(who, [changed.left])
  return changed.right
}
