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

/** Options by the names of the fields, `lr` as `learningRate`; a key given in two spellings is a fault. */
const byField = <S>(who: string, fields: Fields<S>, options: unknown): Values => {
  if (!isRecord(options)) throw unexpectedKeywords(who, [nameOf(options)], Object.keys(fields))
  const found: Record<string, unknown> = {}
  const unknown: string[] = []
  for (const [given, value] of Object.entries(options)) {
    const camel = camelCase(given)
    const key = camel === 'lr' ? 'learningRate' : camel
    if (!Object.hasOwn(fields, key)) unknown.push(given)
    else if (value !== undefined && (camel === 'lr' || !Object.hasOwn(found, key))) found[key] = value
  }
  if (unknown.length > 0) throw unexpectedKeywords(who, unknown, Object.keys(fields))
  return found
}

/** The settings that options give. Throws TypeError for an unknown one, ValueError that lists every other fault. */
export const readSettings = <S extends BaseSettings>(who: string, fields: Fields<S>, options: unknown): S => {
  const given = byField(who, fields, options)
  const strict = given['strict'] === true
  const read = Object.entries(anyFields(fields)).map(([key, { fallback }]) =>
    F.pipe(
      Object.hasOwn(given, key) && !(given[key] === null && fallback !== null && Array.isArray(fallback))
        ? readField(fields, key, given[key], strict)
        : E.right(fallback),
      E.map(value => [key, value] as const),
    ),
  )
  const faults = A.lefts(read)
  if (faults.length > 0) throw badSettings(who, faults)
  const settings = Object.freeze(Object.fromEntries(A.rights(read))) as unknown as S
  const odd = conflicts({ ...settings, strict: false })
  if (odd.length > 0) throw badSettings(who, odd)
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
  // Keras checks a later assignment less than the constructor does.
  const free = settings.strict && ['clipnorm', 'clipvalue', 'globalClipnorm'].includes(key) && typeof value === 'number'
  const changed = F.pipe(
    free ? E.right(value) : readField(fields, key, value, settings.strict),
    E.map(read => Object.freeze({ ...settings, [key]: read })),
    E.filterOrElse(
      next => conflicts(next).length === 0,
      next => conflicts(next).join('; '),
    ),
    E.getOrElseW((fault): ValueError => badSettings(who, [fault])),
  )
  if (changed instanceof ValueError) throw changed
  return changed
}
