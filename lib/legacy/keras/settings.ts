/** From the options of a Keras optimizer to its settings, and the checks of one argument against another. */
import { either as E, function as F, readonlyArray as A } from 'fp-ts'
import { nameOf, ValueError } from '../../errors.js'
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
  type Field,
} from './fields.js'

/** What every Keras optimizer has. */
export interface BaseSettings {
  readonly name: string
  readonly learningRate: Hyper
  readonly decay: number
  readonly clipnorm: number | null
  readonly clipvalue: number | null
  readonly globalClipnorm: number | null
  readonly gradientAggregator: ((pairs: readonly Pair<Gradient>[]) => readonly Pair<Gradient>[]) | null
  readonly gradientTransformers: readonly ((pairs: readonly Pair<Gradient>[]) => readonly Pair<Gradient>[])[]
  readonly strict: boolean
}

/** What a constructor takes: any of the settings, and Keras's old name of the rate. */
export type OptionsOf<S extends BaseSettings> = { readonly [K in keyof S]?: OptionOf<S[K]> } & {
  readonly lr?: OptionOf<Hyper>
}
/** A scalar tensor where a schedule may be; it is read at every step. */
type OptionOf<T> = (Hyper extends T ? T | Tensor : T) | undefined

export type Fields<S> = { readonly [K in keyof S]: Field<S[K]> }

export const baseFields = (name: string, learningRate: number): Fields<BaseSettings> => ({
  name: nameField(name),
  learningRate: rateField(learningRate),
  decay: nonNegativeField(0),
  clipnorm: clipField,
  clipvalue: clipField,
  globalClipnorm: clipField,
  gradientAggregator: functionField('a function of pairs'),
  gradientTransformers: functionsField('functions of pairs'),
  strict: flagField(),
})

/** `beta_1` to `beta1`, `weight_decay_rate` to `weightDecayRate`: as tfjs turns the keys of a file. */
export const camelCase = (key: string): string => key.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

type Values = Readonly<Record<string, unknown>>
const anyFields = <S>(fields: Fields<S>): Readonly<Record<string, Field<unknown>>> =>
  fields as Readonly<Record<string, Field<unknown>>>

/** One argument, or what is wrong with it. */
export const readField = <S>(
  fields: Fields<S>,
  key: string,
  value: unknown,
  strict: boolean,
): E.Either<string, unknown> => {
  const field = anyFields(fields)[key]
  if (field === undefined) return E.left(`${key}: unknown`)
  const codec = strict ? field.strictCodec : field.codec
  return F.pipe(
    codec.decode(value),
    E.mapLeft(() => `${key} must be ${codec.name}, got ${nameOf(value)}`),
  )
}

/** What no argument alone can show. */
export const conflicts = (settings: BaseSettings): readonly string[] => {
  const { clipnorm, clipvalue, globalClipnorm, gradientTransformers, strict } = settings
  const clips = Object.entries({ clipnorm, clipvalue, globalClipnorm }).filter(([, value]) => value !== null)
  return [
    ...(gradientTransformers.length > 0
      ? clips.map(([key]) => `${key} cannot be set when gradientTransformers is set; clip in a transformer`)
      : []),
    ...(clipnorm !== null && globalClipnorm !== null && !strict
      ? [`clipnorm and globalClipnorm cannot both be set, got ${clipnorm} and ${globalClipnorm}`]
      : []),
  ]
}

/** Options by the names of the fields; `lr` is the rate, whatever `learningRate` says. Throws TypeError for unknown ones. */
const byField = <S>(
  who: string,
  fields: Fields<S>,
  options: unknown,
): { readonly given: Values; readonly twice: readonly string[] } => {
  if (!isRecord(options)) throw unexpectedKeywords(who, [nameOf(options)], Object.keys(fields))
  const known = Object.entries(options).filter(([, value]) => value !== undefined)
  const unknown = Object.keys(options).filter(key => camelCase(key) !== 'lr' && !Object.hasOwn(fields, camelCase(key)))
  if (unknown.length > 0) throw unexpectedKeywords(who, unknown, Object.keys(fields))
  const { lr, ...given } = Object.fromEntries(known.map(([key, value]) => [camelCase(key), value]))
  const twice = known.flatMap(([key], i) => {
    const first = known.slice(0, i).find(([other]) => camelCase(other) === camelCase(key))
    return first === undefined ? [] : [`${camelCase(key)} is given twice, as ${first[0]} and ${key}`]
  })
  return { given: lr === undefined ? given : { ...given, learningRate: lr }, twice }
}

/** The settings that options give. Throws TypeError for an unknown one, ValueError that lists every other fault. */
export const readSettings = <S extends BaseSettings>(who: string, fields: Fields<S>, options: unknown): S => {
  const { given, twice } = byField(who, fields, options)
  const strict = given['strict'] === true
  const all = Object.entries(anyFields(fields))
  const read = all.map(([key, { fallback }]) =>
    F.pipe(
      Object.hasOwn(given, key) && !(given[key] === null && fallback !== null && Array.isArray(fallback))
        ? readField(fields, key, given[key], strict)
        : E.right(fallback),
      E.map(value => [key, value] as const),
    ),
  )
  // What is wrong by itself counts as not given, and so conflicts with nothing.
  const fallbacks = all.map(([key, { fallback }]) => [key, fallback] as const)
  const settings = Object.freeze(Object.fromEntries([...fallbacks, ...A.rights(read)])) as unknown as S
  const faults = [...twice, ...A.lefts(read), ...conflicts({ ...settings, strict: false })]
  if (faults.length > 0) throw badSettings(who, faults)
  return settings
}

/** The settings with one of them changed. */
export const changeSetting = <S extends BaseSettings>(
  who: string,
  fields: Fields<S>,
  settings: S,
  key: keyof S & string,
  value: unknown,
): S => {
  // Keras checks a later assignment less than the constructor does: that of a clip for transformers, any other for nothing.
  const isClip = ['clipnorm', 'clipvalue', 'globalClipnorm'].includes(key)
  const free = settings.strict && isClip && Number.isFinite(value)
  const unchecked = settings.strict && (!isClip || value === null)
  const changed = F.pipe(
    free ? E.right(value) : readField(fields, key, value, settings.strict),
    E.map(read => Object.freeze({ ...settings, [key]: read })),
    E.filterOrElse(
      next => unchecked || conflicts(next).length === 0,
      next => conflicts(next).join('; '),
    ),
    E.getOrElseW((fault): ValueError => badSettings(who, [fault])),
  )
  if (changed instanceof ValueError) throw changed
  return changed
}
