/**
 * The element types of the safetensors format, and the tfjs dtype that each is read as: float32, int32 or bool. The
 * format is little-endian on every machine.
 */
import { either as E } from 'fp-ts'

/** The dtypes that a stored tree may have. */
export type StoredDtype = 'float32' | 'int32' | 'bool'
export type StoredValues = Float32Array | Int32Array | Uint8Array
/**
 * Bytes in a buffer that is not shared between threads: `Uint8Array<ArrayBuffer>`, which TypeScript before 5.7 does not
 * have, and calls `Uint8Array`.
 */
export type Bytes = ReturnType<Uint8Array['slice']>

interface Dtype {
  /** bytes of an element */
  readonly size: number
  readonly to: StoredDtype
  /** elements from bytes in the machine's order; Left names an element that does not fit */
  readonly read: (bytes: Bytes) => E.Either<string, StoredValues>
}

const floats = (size: number, read: (bytes: Bytes) => Float32Array): Dtype => ({
  size,
  to: 'float32',
  read: bytes => E.right(read(bytes)),
})

/** int32 from wider or narrower integers; Left if one does not fit. */
const integers = (size: number, read: (buffer: ArrayBuffer) => ArrayLike<number | bigint>): Dtype => ({
  size,
  to: 'int32',
  read: ({ buffer }) => {
    const wide = read(buffer)
    const narrow = new Int32Array(wide.length)
    for (let i = 0; i < wide.length; i++) {
      narrow[i] = Number(wide[i])
      if (narrow[i] !== Number(wide[i])) return E.left(`${wide[i]?.toString() ?? ''} at element ${i}`)
    }
    return E.right(narrow)
  },
})

/** bfloat16 is the upper half of a float32. */
const bfloat16 = ({ buffer }: Bytes): Float32Array =>
  new Float32Array(Uint32Array.from(new Uint16Array(buffer), half => half << 16).buffer)

/** float16 as float32, exactly: subnormal halves become normal, NaN keeps its bits. */
const float16 = ({ buffer }: Bytes): Float32Array => {
  const values = new Float32Array(buffer.byteLength / 2)
  const bits = new Uint32Array(values.buffer)
  new Uint16Array(buffer).forEach((half, i) => {
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    const sign = half >> 15
    if (exponent === 0) values[i] = (sign === 1 ? -fraction : fraction) * 2 ** -24
    else bits[i] = (sign << 31) | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13)
  })
  return values
}

const same = (to: 'int32' | 'bool', size: number, read: (bytes: Bytes) => StoredValues): Dtype => ({
  size,
  to,
  read: bytes => E.right(read(bytes)),
})

const dtypes: Readonly<Record<string, Dtype>> = {
  F64: floats(8, ({ buffer }) => new Float32Array(new Float64Array(buffer))),
  F32: floats(4, ({ buffer }) => new Float32Array(buffer)),
  F16: floats(2, float16),
  BF16: floats(2, bfloat16),
  I64: integers(8, buffer => new BigInt64Array(buffer)),
  U64: integers(8, buffer => new BigUint64Array(buffer)),
  I32: same('int32', 4, ({ buffer }) => new Int32Array(buffer)),
  U32: integers(4, buffer => new Uint32Array(buffer)),
  I16: integers(2, buffer => new Int16Array(buffer)),
  U16: integers(2, buffer => new Uint16Array(buffer)),
  I8: integers(1, buffer => new Int8Array(buffer)),
  U8: integers(1, buffer => new Uint8Array(buffer)),
  BOOL: same('bool', 1, bytes => bytes.map(byte => (byte === 0 ? 0 : 1))),
}

/** The format's dtype of this name. */
export const dtypeOf = (name: string): Dtype | undefined => (Object.hasOwn(dtypes, name) ? dtypes[name] : undefined)
export const dtypeNames: readonly string[] = Object.keys(dtypes)

/** The dtypes that are written, in the order of their data: wide elements come first, so that all are aligned. */
export const stored = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const
export const isStored = (dtype: string): dtype is StoredDtype => Object.hasOwn(stored, dtype)

export const bytesOf = (dtype: StoredDtype): number => dtypeOf(stored[dtype])?.size ?? 0

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Swaps bytes between the file's order and the machine's, in place. */
const swapped = (bytes: Bytes, size: number): Bytes => {
  if (!littleEndian) for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse()
  return bytes
}

/**
 * The elements that a file's bytes stand for; Left if one does not fit int32. `bytes` must be a whole buffer; it is
 * changed, or shared with the result.
 */
export const readValues = ({ size, read }: Dtype, bytes: Bytes): E.Either<string, StoredValues> =>
  read(swapped(bytes, size))

/** Writes elements into a file's bytes. */
export const writeValues = (into: Bytes, dtype: StoredDtype, values: StoredValues): void => {
  const { buffer, byteOffset, length } = into
  if (dtype === 'float32') new Float32Array(buffer, byteOffset, length / 4).set(values)
  else if (dtype === 'int32') new Int32Array(buffer, byteOffset, length / 4).set(values)
  else into.set(values.map(value => (value === 0 ? 0 : 1)))
  swapped(into, bytesOf(dtype))
}
