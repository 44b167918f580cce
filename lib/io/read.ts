/** Reads trees and named tensors from the bytes of a safetensors file. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument, badFile, quoted, short } from '../errors.js'
import { requireBackend } from '../tree/ownership.js'
import { dtypeOf, readValues, type Bytes } from './dtypes.js'
import { headerLength, readHeader, type Entry, type Header } from './header.js'
import { HostText, type Host } from './host.js'
import { match, type Found, type Matched, type LeafSource } from './leaves.js'
import { parseJson } from './members.js'
import type { Rename } from './rename.js'
import { scalarOf } from './scalar.js'
import { hostsKey } from './write.js'

/** How a tree is read. */
export interface LoadOptions {
  /** the name in the file for each path of `like`, default the path itself */
  readonly rename?: Rename
}

export const loadOptions: Names<LoadOptions> = { rename: '' }

/**
 * The tree of a safetensors file, with the structure of `like`; the inverse of `toSafetensors`.
 *
 * `like` gives only structure, shapes, dtypes and the kinds of the other leaves, not values, so its tensors may be
 * disposed already; `tx.init(params)` is a good one. The result's tensors are new and belong to the enclosing `tidy` or
 * to you; a `tf.Variable` in `like` becomes a plain tensor. Containers that are frozen in `like`, such as those of a
 * state, are frozen. Files written by other programs can be read too, if their names are the paths of `like` or
 * `rename` maps these to them: dtypes are converted as by `readSafetensors`, and a number or boolean of `like` may be a
 * tensor without axes in the file, of any dtype.
 *
 * Options: `rename`, default the path itself (see `Rename`: numbers may share a name, and null keeps `like`'s number).
 *
 * @throws ValueError for a damaged file, or, naming path and name, if it does not fit `like`: a missing or surplus
 * leaf, another shape, two leaves renamed to one name; TypeError for another dtype or an unknown option. A call that
 * throws leaks no tensor.
 * @source The format section of the README of huggingface/safetensors.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, fromSafetensors, toSafetensors } from 'tfjs-optax'
 * const params = { w: tf.zeros([2]) }
 * const tx = adamw(1e-3)
 * const bytes = await toSafetensors(tx.init(params))
 * const state = fromSafetensors(bytes, tx.init(params))
 * // optax's adamw with a constant rate has one count only, in state 0
 * const rename = (path: string) => path.replace(/^\d+\.count$/, '0.count')
 * const likeOptax = await toSafetensors(state, { rename })
 * const again = fromSafetensors(likeOptax, state, { rename })
 */
export const fromSafetensors = /* @__PURE__ */ checked(
  { who: 'fromSafetensors', takes: ['bytes', 'like'], options: loadOptions },
  <T>(bytes: Uint8Array | ArrayBuffer, like: T, options: LoadOptions = {}): T =>
    decodeTree('fromSafetensors', bytes, like, options),
)

const decodeTree = <T>(who: string, bytes: unknown, like: T, options: LoadOptions): T => {
  const view = viewOf(who, bytes)
  const { header, data } = decode(who, view)
  return matchTree(who, header, like, options).make(dataIn(data))
}

/** Reads the bytes of an entry into a fresh array. */
export type Data = (entry: Entry) => Bytes

const noData: Data = () => new Uint8Array()

/** Finds the leaves of a tree like `like` in a file whose header has been read. */
export const matchTree = <T>(
  who: string,
  { entries: list, metadata }: Header,
  like: T,
  { rename }: LoadOptions,
): Matched<T, Data> => {
  requireBackend(who)
  const entries = new Map(list.map(entry => [entry.name, entry]))
  const hosts = hostNames(who, metadata.get(hostsKey))
  const source: LeafSource<Data> = {
    what: 'the file',
    names: [...entries.keys(), ...hosts],
    tensor: name => {
      const entry = entries.get(name)
      return entry && tensorOf(who, entry)
    },
    host: name => {
      const [entry, text] = [entries.get(name), metadata.get(name)]
      if (entry !== undefined) return entry.shape.length > 0 ? scalarOf(entry, noData) : data => scalarOf(entry, data)
      return text === undefined ? undefined : E.right(hostOf(who, name, text))
    },
  }
  return match(who, like, source, rename)
}

/**
 * All tensors and texts of any safetensors file, by name.
 *
 * tfjs has float32, int32 and bool: F16 and BF16 become float32 exactly, F64 is rounded to it; I64, U64, U32, I16, U16,
 * I8 and U8 become int32. Tensors belong to the enclosing `tidy` or to you.
 *
 * @throws ValueError for a damaged file, any other dtype, or an integer that does not fit int32. A call that throws
 * leaks no tensor.
 * @source The format section of the README of huggingface/safetensors.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { readSafetensors, toSafetensors } from 'tfjs-optax'
 * const { tensors, metadata } = readSafetensors(await toSafetensors({ w: tf.ones([2]) }, { metadata: { format: 'tf' } }))
 * // tensors.w is [1, 1], metadata.format is 'tf'
 */
export const readSafetensors = /* @__PURE__ */ checked(
  { who: 'readSafetensors', takes: ['bytes'] },
  (
    bytes: Uint8Array | ArrayBuffer,
  ): { readonly tensors: Record<string, tf.Tensor>; readonly metadata: Record<string, string> } => {
    const who = 'readSafetensors'
    requireBackend(who)
    const { header, data } = decode(who, viewOf(who, bytes))
    const tensors = tf.tidy(who, () =>
      Object.fromEntries(header.entries.map(entry => [entry.name, tensorOf(who, entry).make(dataIn(data))])),
    )
    return { tensors, metadata: Object.fromEntries(header.metadata) }
  },
)

/** Splits the bytes of a file into its decoded header and its data. */
const decode = (who: string, bytes: Uint8Array): { readonly header: Header; readonly data: Uint8Array } => {
  const data = 8 + valid(who, headerLength(bytes, bytes.length))
  const header = valid(who, readHeader(bytes.slice(8, data), bytes.length - data))
  return { header, data: bytes.subarray(data) }
}

const dataIn =
  (data: Uint8Array): Data =>
  ({ begin, end }) =>
    data.slice(begin, end)

/** The Right value; throws Left as the problem with the file. */
export const valid = <A>(who: string, said: E.Either<string, A>): A =>
  F.pipe(
    said,
    E.getOrElseW(why => {
      throw badFile(who, why)
    }),
  )

/** The bytes as a plain Uint8Array: `slice` of Node's Buffer would share memory. */
const viewOf = (who: string, bytes: unknown): Uint8Array => {
  try {
    if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // By its tag, since instanceof fails for a buffer from another realm.
    if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(bytes)))
      return new Uint8Array(bytes as ArrayBuffer)
  } catch {
    throw badArgument(who, 'bytes', 'a Uint8Array or an ArrayBuffer that is not detached', bytes)
  }
  throw badArgument(who, 'bytes', 'a Uint8Array or an ArrayBuffer', bytes)
}

const tensorOf = (who: string, entry: Entry): Found<Data> => {
  const { name, dtype, shape } = entry
  const known = dtypeOf(dtype)
  if (known === undefined) throw badFile(who, `${short(name)} has dtype ${short(dtype)}`)
  const values = (data: Data): tf.TypedArray =>
    F.pipe(
      readValues(known, data(entry)),
      E.getOrElseW(value => {
        throw badFile(who, `${short(name)} of dtype ${dtype} must fit int32, got ${value}`)
      }),
    )
  return { dtype: known.to, shape, make: data => tf.tensor(values(data), [...shape], known.to) }
}

const hostOf = (who: string, name: string, text: string): Host =>
  valid(
    who,
    F.pipe(
      HostText.decode(text),
      E.mapLeft(() => `${short(name)} in the metadata must be ${HostText.name}, got ${quoted(text)}`),
    ),
  )

const Names = t.array(t.string)

const hostNames = (who: string, text = '[]'): readonly string[] => {
  const names = parseJson(text)
  // `is` stops at the first fault; `decode` would list each of a million.
  if (Names.is(names)) return names
  throw badFile(who, `${hostsKey} in the metadata must be a list of names, got ${quoted(text)}`)
}
