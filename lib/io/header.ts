/**
 * The header of a safetensors file: 8 bytes of its length, JSON from each name to dtype, shape and place, then the data
 * without holes. Every number is checked before it is used.
 */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { badFile } from '../errors.js'
import { showShape } from '../tree/tensors.js'
import { dtypeNames, dtypeOf } from './dtypes.js'

/** A tensor of a file: bytes `begin` to `end` of the data. */
export interface Entry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** A file taken apart; `entries` are in the order of the data. */
export interface SafetensorsFile {
  readonly entries: readonly Entry[]
  readonly metadata: Readonly<Record<string, string>>
  readonly data: Uint8Array
}

/** where the format keeps texts that are no tensors */
export const metadataKey = '__metadata__'
const longest = 100_000_000
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isSize = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0
const Size = new t.Type<number>(
  'a whole number >= 0',
  isSize,
  (u, context) => (isSize(u) ? t.success(u) : t.failure(u, context)),
  t.identity,
)
const Shape = t.array(Size, 'an array of sizes')
const Pair = t.tuple([Size, Size], 'an array of two sizes')
// A tuple of io-ts drops what comes after its end.
const Offsets = new t.Type(
  Pair.name,
  Pair.is,
  (u, context) => (Array.isArray(u) && u.length > 2 ? t.failure(u, context) : Pair.validate(u, context)),
  Pair.encode,
)
const Info = t.type({ dtype: t.string, shape: Shape, data_offsets: Offsets }, 'a record {dtype, shape, data_offsets}')
const Tensors = t.record(t.string, Info, 'a record of tensors')
const Metadata = t.record(t.string, t.string, 'a record of strings')

const show = (u: unknown): string => (u === undefined ? 'nothing' : JSON.stringify(u).slice(0, 80))

/** The first failure of a codec in one line: `w.shape.0 must be a whole number >= 0, got -1`. */
const sayFirst = ([first]: t.Errors): string => {
  const path = first?.context.flatMap(({ key }) => (key === '' ? [] : [key])).join('.') ?? ''
  const expected = first?.context.at(-1)?.type.name ?? ''
  return `${path === '' ? 'its header' : path} must be ${expected}, got ${show(first?.value)}`
}

const check =
  <A>(codec: t.Decoder<unknown, A>, path = '') =>
  (u: unknown): E.Either<string, A> =>
    F.pipe(codec.validate(u, [{ key: path, type: codec, actual: u }]), E.mapLeft(sayFirst))

const parse = (text: string): E.Either<string, unknown> =>
  text.startsWith('{')
    ? E.tryCatch(
        () => JSON.parse(text) as unknown,
        cause => `its header is not JSON: ${String(cause)}`,
      )
    : E.left(`its header must begin with {, got ${show(text.slice(0, 1))}`)

/** The text of the header and the bytes after it. */
const split = (bytes: Uint8Array): E.Either<string, { readonly text: string; readonly data: Uint8Array }> => {
  if (bytes.length < 8) return E.left(`it is cut short: expected at least 8 bytes, got ${bytes.length}`)
  const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (size > longest)
    return E.left(`its header must be at most ${longest} bytes, got ${size.toString()} (is it a safetensors file?)`)
  const end = 8 + Number(size)
  if (end > bytes.length) return E.left(`it is cut short: its header ends at byte ${end}, the file at ${bytes.length}`)
  return E.tryCatch(
    () => ({ text: utf8.decode(new Uint8Array(bytes.subarray(8, end))), data: bytes.subarray(end) }),
    () => 'its header is not UTF-8',
  )
}

/** Each tensor has the bytes that its shape and dtype need, and follows the one before without hole or overlap. */
const checkLayout = (entries: readonly Entry[], length: number): E.Either<string, readonly Entry[]> => {
  let at = 0
  for (const { name, dtype, shape, begin, end } of entries) {
    const known = dtypeOf(dtype)
    if (known === undefined) return E.left(`${name}.dtype must be one of ${dtypeNames.join(', ')}, got ${show(dtype)}`)
    const need = shape.reduce((n, size) => n * size, known.size)
    if (end - begin !== need)
      return E.left(
        `${name} of shape ${showShape(shape)} and ${dtype} needs ${need} bytes, got offsets [${begin},${end}]`,
      )
    if (begin !== at)
      return E.left(
        `${name} must begin at byte ${at} of the data, got ${begin} (${begin < at ? 'it overlaps another' : 'a hole'})`,
      )
    if (end > length) return E.left(`it is cut short: ${name} ends at byte ${end} of the data, the data at ${length}`)
    at = end
  }
  return at === length ? E.right(entries) : E.left(`its data must be ${at} bytes, got ${length}`)
}

const entryOf = ([name, info]: readonly [string, t.TypeOf<typeof Info>]): Entry => {
  const [begin, end] = info.data_offsets
  return { name, dtype: info.dtype, shape: info.shape, begin, end }
}

/** Takes the bytes of a file apart; Left names what was expected and what came. */
export const decode = (who: string, bytes: Uint8Array): E.Either<Error, SafetensorsFile> =>
  F.pipe(
    split(bytes),
    E.bindTo('file'),
    E.bind('json', ({ file }) => F.pipe(parse(file.text), E.flatMap(check(t.UnknownRecord)))),
    E.bind('metadata', ({ json }) => check(Metadata, metadataKey)(json[metadataKey] ?? {})),
    E.bind('infos', ({ json }) => check(Tensors)(without(json, metadataKey))),
    E.bind('entries', ({ infos, file }) =>
      checkLayout(
        Object.entries(infos)
          .map(entryOf)
          .sort((a, b) => a.begin - b.begin || a.end - b.end),
        file.data.length,
      ),
    ),
    E.bimap(
      why => badFile(who, why),
      ({ entries, metadata, file: { data } }) => ({ entries, metadata, data }),
    ),
  )

const without = (record: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).filter(([k]) => k !== key))
