/**
 * The header of a safetensors file. The file begins with the length of the header in 8 bytes; the header is JSON that
 * gives dtype, shape and place by name; then comes the data, without holes. Every number is checked before it is used,
 * and reading ends at the first fault.
 */
import { either as E, function as F } from 'fp-ts'
import * as t from 'io-ts'
import { quoted, short } from '../errors.js'
import { showShape } from '../tree/tensors.js'
import { dtypeNames, dtypeOf, type Bytes } from './dtypes.js'
import { eachMember, notJson, parseJson } from './members.js'

/** A tensor of a file; its values are the bytes `begin` to `end` of the data. */
export interface Entry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** A decoded header; `entries` are in the order of the data. */
export interface Header {
  readonly entries: readonly Entry[]
  readonly metadata: ReadonlyMap<string, string>
}

/** The key under which the format keeps texts. */
export const metadataKey = '__metadata__'
/** The format's limit for a header, in bytes. */
export const longestHeader = 100_000_000
/** The most characters for one tensor's description, far more than any needs. */
const longestInfo = 10_000
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const isSize = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0
const Size = new t.Type<number>(
  'a whole number >= 0',
  isSize,
  (u, context) => (isSize(u) ? t.success(u) : t.failure(u, context)),
  t.identity,
)
/** Reports only the first wrong size, where io-ts would report each of a million. */
const firstFault = (codec: t.Type<number[]>): t.Type<number[]> =>
  new t.Type(
    codec.name,
    codec.is,
    (u, context) => {
      const wrong = Array.isArray(u) ? u.findIndex(size => !isSize(size)) : -1
      if (!Array.isArray(u) || wrong < 0) return codec.validate(u, context)
      return t.failure(u[wrong], t.appendContext(context, String(wrong), Size))
    },
    codec.encode,
  )
const Shape = firstFault(t.array(Size, 'an array of sizes'))
const Pair = t.tuple([Size, Size], 'an array of two sizes')
// A tuple of io-ts drops surplus items.
const Offsets = new t.Type(
  Pair.name,
  Pair.is,
  (u, context) => (Array.isArray(u) && u.length > 2 ? t.failure(u, context) : Pair.validate(u, context)),
  Pair.encode,
)
const Info = t.type({ dtype: t.string, shape: Shape, data_offsets: Offsets }, 'a record {dtype, shape, data_offsets}')

const show = (u: unknown): string =>
  u === undefined ? 'nothing' : typeof u === 'number' ? String(u) : short(JSON.stringify(u))

/** The first failure of a codec in one line: `w.shape.0 must be a whole number >= 0, got -1`. */
const sayFirst =
  (name: string) =>
  ([first]: t.Errors): string => {
    const path = first?.context.flatMap(({ key }) => (key === '' ? [] : [key])) ?? []
    const expected = first?.context.at(-1)?.type.name ?? ''
    return `${[short(name), ...path].join('.')} must be ${expected}, got ${show(first?.value)}`
  }

const entryOf = (name: string, text: string): E.Either<string, Entry> => {
  if (!text.startsWith('{')) return E.left(`${short(name)} must be ${Info.name}, got ${short(text)}`)
  if (text.length > longestInfo)
    return E.left(`${short(name)} must be ${Info.name} of at most ${longestInfo} characters, got ${short(text)}`)
  const fields = new Map<string, unknown>()
  const problem = eachMember(text, (key, value) => {
    const field = parseJson(value)
    fields.set(key, field)
    return field === undefined ? notJson(`${short(name)}.${short(key)} is ${short(value)}`) : undefined
  })
  if (problem !== undefined) return E.left(problem)
  return F.pipe(
    Info.decode({ dtype: fields.get('dtype'), shape: fields.get('shape'), data_offsets: fields.get('data_offsets') }),
    E.bimap(sayFirst(name), ({ dtype, shape, data_offsets: [begin, end] }) => ({ name, dtype, shape, begin, end })),
  )
}

const metadataOf = (text: string): E.Either<string, ReadonlyMap<string, string>> => {
  const texts = new Map<string, string>()
  if (text === 'null') return E.right(texts)
  if (!text.startsWith('{')) return E.left(`${metadataKey} must be a record of strings, got ${short(text)}`)
  const problem = eachMember(text, (key, value) => {
    const parsed = value.startsWith('"') ? parseJson(value) : undefined
    if (typeof parsed !== 'string') return `${metadataKey}.${short(key)} must be string, got ${short(value)}`
    texts.set(key, parsed)
    return undefined
  })
  return problem === undefined ? E.right(texts) : E.left(problem)
}

/** Checks that each tensor has the bytes that its shape and dtype need, and begins where the one before ends. */
const checkLayout = (entries: readonly Entry[], length: number): E.Either<string, readonly Entry[]> => {
  let at = 0
  for (const { name, dtype, shape, begin, end } of entries) {
    const known = dtypeOf(dtype)
    if (known === undefined)
      return E.left(`${short(name)}.dtype must be one of ${dtypeNames.join(', ')}, got ${quoted(dtype)}`)
    // A product that is too large for exact integers, or NaN (Infinity times 0), matches no pair of offsets.
    const need = shape.reduce((n, size) => n * size, known.size)
    if (end - begin !== need)
      return E.left(
        `${short(name)} of shape ${short(showShape(shape))} and ${dtype} needs ${need} bytes, got offsets [${begin},${end}]`,
      )
    if (begin !== at)
      return E.left(
        `${short(name)} must begin at byte ${at} of the data, got ${begin} (${begin < at ? 'it overlaps another' : 'a hole'})`,
      )
    if (end > length)
      return E.left(`it is cut short: ${short(name)} ends at byte ${end} of the data, the data at ${length}`)
    at = end
  }
  return at === length ? E.right(entries) : E.left(`its data must be ${at} bytes, got ${length}`)
}

/** The length of the header, from the first 8 bytes of a file of `total` bytes. */
export const headerLength = (start: Uint8Array, total: number): E.Either<string, number> => {
  if (total < 8) return E.left(`it is cut short: expected at least 8 bytes, got ${total}`)
  const size = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true)
  if (size > longestHeader)
    return E.left(
      `its header must be at most ${longestHeader} bytes, got ${size.toString()} (is it a safetensors file?)`,
    )
  const end = 8 + Number(size)
  return end > total
    ? E.left(`it is cut short: its header ends at byte ${end}, the file at ${total}`)
    : E.right(Number(size))
}

/** Decodes and checks the JSON of a header that is followed by `length` bytes of data. */
export const readHeader = (json: Bytes, length: number): E.Either<string, Header> => {
  const text = E.tryCatch(
    () => utf8.decode(json),
    () => 'its header is not UTF-8',
  )
  if (E.isLeft(text)) return text
  if (!text.right.startsWith('{')) return E.left(`its header must begin with {, got ${quoted(text.right.slice(0, 1))}`)
  const entries: Entry[] = []
  let metadata: ReadonlyMap<string, string> = new Map()
  const problem = eachMember(text.right, (name, value) =>
    F.pipe(
      name === metadataKey
        ? F.pipe(
            metadataOf(value),
            E.map(texts => void (metadata = texts)),
          )
        : F.pipe(
            entryOf(name, value),
            E.map(entry => void entries.push(entry)),
          ),
      E.match(
        why => why,
        () => undefined,
      ),
    ),
  )
  if (problem !== undefined) return E.left(problem)
  return F.pipe(
    checkLayout(
      entries.sort((a, b) => a.begin - b.begin || a.end - b.end),
      length,
    ),
    E.map(entries => ({ entries, metadata })),
  )
}
