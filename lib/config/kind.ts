/** Types of configs: for `{type, …options}`, the codec of that type reads the options and a factory takes them. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { nearest } from '../call/spelling.js'
import { isRecord } from '../tree/structure.js'
import { saying } from '../errors.js'
import { admit } from './admit.js'
import { expectedGot } from './faults.js'
import { deepest } from './json.js'
import { textOf, textType } from './verbatim.js'

/** A codec between JSON and a value. */
export type Codec<A> = t.Type<A, unknown>

/** The reader of one type of config; it makes a `T` from the options, and says what these are where it knows. */
export type Kind<T> = t.Validate<unknown, T> & { readonly options?: t.Mixed }

/** The keys that a codec of records knows; null if they cannot be found out. */
export const keysOf = (codec: unknown): readonly string[] | null => {
  if (typeof codec !== 'object' || codec === null || !('_tag' in codec)) return null
  if ('props' in codec && isRecord(codec.props)) return Object.keys(codec.props)
  if (codec._tag === 'IntersectionType' && 'types' in codec && Array.isArray(codec.types)) {
    const keys = codec.types.map(keysOf)
    return keys.includes(null) ? null : [...new Set(keys.flatMap(some => some ?? []))]
  }
  return ['ExactType', 'ReadonlyType', 'RefinementType'].includes(String(codec._tag)) && 'type' in codec
    ? keysOf(codec.type)
    : null
}

/** The codec with unknown keys as faults. */
export const closed = <A>(codec: Codec<A>): Codec<A> => {
  const known = keysOf(codec)
  return new t.Type(
    codec.name,
    codec.is,
    (u, context) => {
      // `faults.ts` recognises the parts of an intersection by the codec above them in the context.
      const here = [...context.slice(0, -1), ...context.slice(-1).map(entry => ({ ...entry, type: codec }))]
      const read = codec.validate(u, here)
      if (known === null || !isRecord(u)) return read
      const expected = known.length === 0 ? 'none' : `one of ${known.join(', ')}`
      const errors = Object.keys(u)
        .filter(key => !known.includes(key))
        .map(key => ({ value: u, context, message: `unknown key ${JSON.stringify(key)}, expected ${expected}` }))
      return errors.length === 0 ? read : t.failures([...(E.isLeft(read) ? read.left : []), ...errors])
    },
    codec.encode,
  )
}

/**
 * The kind with this codec and factory. An error of the factory, such as about options that do not fit together, is a
 * fault.
 */
export const kind = <A, T>(codec: Codec<A>, make: (options: A) => T): Kind<T> => {
  const options = closed(codec)
  const read: t.Validate<unknown, T> = (u, context) =>
    F.pipe(
      options.validate(u, context),
      E.flatMap(given =>
        E.tryCatch(
          () => make(given),
          cause => [{ value: u, context, message: saying(cause) }],
        ),
      ),
    )
  return Object.assign(read, { options: codec })
}

/** Required options, and options with a default, which undefined stands for. */
type KindOptions<R extends t.Props, O extends t.Props> = {
  readonly [K in keyof R]: t.TypeOf<R[K]>
} & { readonly [K in keyof O]?: t.TypeOf<O[K]> }

export const options = <R extends t.Props, O extends t.Props>(required: R, optional: O): Codec<KindOptions<R, O>> =>
  t.intersection([t.type(required), t.partial(optional)])

interface Tagged<T> {
  /** what is expected, for messages */
  readonly name: string
  readonly kinds: ReadonlyMap<string, Kind<T>>
  readonly is: t.Is<T>
  readonly encode: (value: T) => unknown
}

/** The known types in a few words: the nearest ones, or the first. */
const known = (types: readonly string[], got: unknown): string => {
  const near = typeof got === 'string' ? nearest(got, Object.fromEntries(types.map(type => [type, '']))) : []
  return near.length > 0
    ? `a known type (did you mean ${near.join(' or ')}?)`
    : `one of ${types.slice(0, 3).join(', ')}, …`
}

/** The codec of `{type, …options}`. */
export const tagged = <T>({ name, kinds, is, encode }: Tagged<T>): Codec<T> => {
  const validate: t.Validate<unknown, T> = (u, context) => {
    if (context.length > deepest) return t.failure(u, context, `nested deeper than ${deepest}`)
    if (!isRecord(u)) return t.failure(u, context, expectedGot(name, u))
    const { type, ...rest } = u
    const at = (key: string, says: string): t.Validation<T> =>
      t.failure(u[key], t.appendContext(context, key, t.string, u[key]), says)
    if (type === textType) {
      const text = textOf(rest)
      if (text === null) return at('name', expectedGot('JSON in a string, and nothing else', rest['name']))
      const json = parse(text)
      return E.isLeft(json) ? at('name', `expected JSON, ${json.left}`) : validate(json.right, deeper(context))
    }
    const found = typeof type === 'string' ? kinds.get(type) : undefined
    if (found === undefined) return at('type', expectedGot(known([...kinds.keys()], type), type))
    return found(rest, context)
  }
  return new t.Type(name, is, validate, encode)
}

/** The JSON of a text, or the reason why there is none. */
export const parse = (text: string): E.Either<string, unknown> =>
  F.pipe(
    E.tryCatch((): unknown => JSON.parse(text), saying),
    E.flatMap(json =>
      F.pipe(
        admit(json),
        E.mapLeft(([fault]) => fault?.says ?? ''),
      ),
    ),
  )

/** The context one level deeper, under no key. */
const deeper = (context: t.Context): t.Context => t.appendContext(context, '', t.unknown)
