/** Trees and named tensors from the bytes of a safetensors file. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { badArgument, badFile } from '../errors.js'
import { refuseUnknown } from '../rule/options.js'
import { requireBackend } from '../tree/ownership.js'
import { dtypeOf, readValues } from './dtypes.js'
import { decode, type Entry, type SafetensorsFile } from './header.js'
import { HostText, type Host } from './host.js'
import { restore, type Found, type Source } from './leaves.js'
import type { Rename } from './rename.js'
import { scalarOf } from './scalar.js'
import { hostsKey } from './write.js'

const orThrow: <A>(either: E.Either<Error, A>) => A = E.getOrElseW(error => {
  throw error
})

/** How a tree is read. */
export interface LoadOptions {
  /** the name in the file for each path of `like`, default the path itself */
  readonly rename?: Rename
}

/**
 * The tree of a safetensors file, with the structure of `like`; the inverse of `toSafetensors`.
 *
 * Of `like` only structure, shapes, dtypes and the kinds of the other leaves are read, so its tensors may be disposed
 * already: `tx.init(params)` is a good one. Its values are not. Tensors are new and belong to the enclosing `tidy` or to
 * you; where `like` has a `tf.Variable`, the result has a plain tensor. Containers that are frozen in `like`, as a state's
 * are, are frozen. A file of another origin is read too, if its names are the paths of `like` or `rename` makes them
 * so; its dtypes are converted as by `readSafetensors`, and a number or boolean of `like` may be a tensor without axes
 * there, of any dtype.
 *
 * Options: `rename`, default the path itself (see `Rename`: numbers may share a name, and null keeps the one of `like`).
 *
 * @throws ValueError for a damaged file, and for one of another tree, naming path and name: a leaf missing or left over,
 * another shape, two leaves renamed to one name; TypeError for another dtype or an unknown option. A call that throws
 * leaks no tensor.
 * @source The format section of the README of huggingface/safetensors.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, fromSafetensors, toSafetensors } from 'tfjs-optax'
 * const params = { w: tf.zeros([2]) }
 * const tx = adamw(1e-3)
 * const bytes = await toSafetensors(tx.init(params))
 * const state = fromSafetensors(bytes, tx.init(params))
 * // optax counts once where its adamw has a number for a rate: in state 0
 * const rename = (path: string) => path.replace(/^\d+\.count$/, '0.count')
 * const likeOptax = await toSafetensors(state, { rename })
 * const again = fromSafetensors(likeOptax, state, { rename })
 */
export const fromSafetensors = <T>(bytes: Uint8Array | ArrayBuffer, like: T, options: LoadOptions = {}): T =>
  decodeTree('fromSafetensors', bytes, like, options)

/** `fromSafetensors` under another name. */
export const decodeTree = <T>(
  who: string,
  bytes: Uint8Array | ArrayBuffer,
  like: T,
  { rename, ...unknown }: LoadOptions,
): T => {
  refuseUnknown(who, unknown)
  requireBackend(who)
  const file = orThrow(decode(who, viewOf(who, bytes)))
  const entries = new Map(file.entries.map(entry => [entry.name, entry]))
  const texts = new Map(Object.entries(file.metadata))
  const hosts = orThrow(hostNames(who, texts.get(hostsKey)))
  const source: Source = {
    what: 'the file',
    names: [...entries.keys(), ...hosts],
    tensor: name => {
      const entry = entries.get(name)
      return entry && tensorOf(who, entry, file)
    },
    host: name => {
      const [entry, text] = [entries.get(name), texts.get(name)]
      if (entry !== undefined) return scalarOf(entry, file.data)
      return text === undefined ? undefined : E.right(orThrow(hostOf(who, name, text)))
    },
  }
  return restore(who, like, source, rename)
}

/**
 * All tensors and texts of a safetensors file of any origin, by name.
 *
 * tfjs has float32, int32 and bool: F16 and BF16 become float32 exactly, F64 is rounded to it; I64, U64, U32, I16, U16,
 * I8 and U8 become int32. Tensors belong to the enclosing `tidy` or to you.
 *
 * @throws ValueError for a damaged file, a dtype that is none of these, and an integer that does not fit int32. A call
 * that throws leaks no tensor.
 * @source The format section of the README of huggingface/safetensors.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { readSafetensors, toSafetensors } from 'tfjs-optax'
 * const { tensors, metadata } = readSafetensors(await toSafetensors({ w: tf.ones([2]) }, { metadata: { format: 'tf' } }))
 * // tensors.w is [1, 1], metadata.format is 'tf'
 */
export const readSafetensors = (
  bytes: Uint8Array | ArrayBuffer,
): { readonly tensors: Record<string, tf.Tensor>; readonly metadata: Record<string, string> } => {
  const who = 'readSafetensors'
  requireBackend(who)
  const file = orThrow(decode(who, viewOf(who, bytes)))
  const tensors = tf.tidy(who, () =>
    Object.fromEntries(file.entries.map(entry => [entry.name, tensorOf(who, entry, file).make()])),
  )
  return { tensors, metadata: { ...file.metadata } }
}

/** A view as plain bytes: a Buffer of Node's behaves otherwise. */
const viewOf = (who: string, bytes: unknown): Uint8Array => {
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // By its tag, since instanceof fails for another realm's.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(bytes)))
    return new Uint8Array(bytes as ArrayBuffer)
  throw badArgument(who, 'bytes', 'a Uint8Array or an ArrayBuffer', bytes)
}

const tensorOf = (who: string, { name, dtype, shape, begin, end }: Entry, { data }: SafetensorsFile): Found => {
  const known = dtypeOf(dtype)
  if (known === undefined) throw badFile(who, `${name} has dtype ${dtype}`)
  const values = (): tf.TypedArray =>
    F.pipe(
      readValues(known, data.subarray(begin, end)),
      E.getOrElseW(value => {
        throw badFile(who, `${name} of dtype ${dtype} must fit int32, got ${value}`)
      }),
    )
  return { dtype: known.to, shape, make: () => tf.tensor(values(), [...shape], known.to) }
}

const hostOf = (who: string, name: string, text: string): E.Either<Error, Host> =>
  F.pipe(
    HostText.decode(text),
    E.mapLeft(() => badFile(who, `${name} in the metadata must be ${HostText.name}, got ${JSON.stringify(text)}`)),
  )

const Names = t.array(t.string)

const hostNames = (who: string, text = '[]'): E.Either<Error, readonly string[]> =>
  F.pipe(
    E.tryCatch(() => JSON.parse(text) as unknown, E.toError),
    E.flatMap(Names.decode),
    E.mapLeft(() => badFile(who, `${hostsKey} in the metadata must be a list of names, got ${JSON.stringify(text)}`)),
  )
