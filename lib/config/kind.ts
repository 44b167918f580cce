/** Types of configs: `{type, …options}` is read by the codec of that type, and what it says is made by a factory. */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { isRecord } from '../tree/structure.js'
import { expectedGot } from './faults.js'
import { deepest, Unwritable } from './json.js'
import { changes, parse, textOf } from './verbatim.js'

/** A codec between JSON and what is meant by it. */
export type Codec<A> = t.Type<A, unknown>

/** One type of config; `T` is what is made of it. */
export interface Kind<T> {
  readonly validate: (options: unknown, context: t.Context) => t.Validation<T>
  /** options as JSON; Unwritable if they are not such options */
  readonly encode: (options: unknown) => unknown
}

/** The keys that a codec of records knows; null where only the codec itself can tell. */
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

/** The codec, to which a key that it does not know is a fault. */
export const closed = <A>(codec: Codec<A>): Codec<A> => {
  const known = keysOf(codec)
  return new t.Type(
    codec.name,
    codec.is,
    (u, context) => {
      // From here on the context is this codec's, which is how the parts of an intersection are known.
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

const says = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** What a factory throws is a fault of the config it was called for: something that only options together show. */
export const kind = <A, T>(codec: Codec<A>, make: (options: A) => T): Kind<T> => {
  const options = closed(codec)
  return {
    validate: (u, context) =>
      F.pipe(
        options.validate(u, context),
        E.flatMap(given =>
          E.tryCatch(
            () => make(given),
            cause => [{ value: u, context, message: says(cause) }],
          ),
        ),
      ),
    encode: given =>
      F.pipe(
        E.tryCatch(
          () => (codec.is(given) ? codec.encode(given) : new Unwritable(`its options are not ${codec.name}`)),
          says,
        ),
        E.getOrElse<string, unknown>(why => new Unwritable(why)),
      ),
  }
}

/** Options that must be given, and options with a default; one that is undefined takes its default. */
type Options<R extends t.Props, O extends t.Props> = {
  readonly [K in keyof R]: t.TypeOf<R[K]>
} & { readonly [K in keyof O]?: t.TypeOf<O[K]> }

export const options = <R extends t.Props, O extends t.Props>(required: R, optional: O): Codec<Options<R, O>> =>
  t.intersection([t.type(required), t.partial(optional)])

interface Tagged<T> {
  /** what is expected, for messages */
  readonly name: string
  readonly kinds: ReadonlyMap<string, Kind<T>>
  readonly is: t.Is<T>
  readonly encode: (value: T) => unknown
}

/** what stands as type where a whole config is JSON in a text, under the key `name` that tfjs does not touch */
export const textType = 'json'

/** `{type, …options}` as JSON that survives tfjs. */
export const written = (type: string, options: unknown): unknown => {
  if (options instanceof Unwritable) return options
  if (!isRecord(options)) return new Unwritable(`the codec of ${type} must write a record of options`)
  return { type, ...options }
}

/** The same, as text if tfjs would change it; `json` must be JSON already. */
export const surviving = (json: unknown): unknown =>
  changes(json) ? { type: textType, name: JSON.stringify(json) } : json

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
    if (found === undefined) return at('type', expectedGot(`one of ${[...kinds.keys()].join(', ')}`, type))
    return found.validate(rest, context)
  }
  return new t.Type(name, is, validate, encode)
}

/** One level down without a key. */
const deeper = (context: t.Context): t.Context => t.appendContext(context, '', t.unknown)
