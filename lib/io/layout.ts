/** The layout and the header of a file to be written. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { badFile, dtypeMismatch, quoted, takenName } from '../errors.js'
import { headerTooLarge } from '../errors/files.js'
import { bytesOf, isStored, stored, type Bytes, type StoredDtype } from './dtypes.js'
import { longestHeader, metadataKey, type Entry } from './header.js'
import type { StoredLeaf } from './leaves.js'

/** A tensor and its place in the file. */
export interface StoredTensor {
  readonly tensor: Tensor
  readonly dtype: StoredDtype
  readonly entry: Entry
}

const order = Object.keys(stored)

/** The place of each tensor's data: sorted by falling alignment, then by name, without holes. */
export const layOut = (who: string, tensors: readonly StoredLeaf<Tensor>[]): readonly StoredTensor[] => {
  let end = 0
  return tensors
    .map(({ name, label, leaf: tensor }) => {
      checkText(who, name)
      if (name === metadataKey) throw takenName(who, name, 'the format')
      if (!isStored(tensor.dtype)) throw dtypeMismatch(who, label, 'the tree', tensor.dtype, order.join(', '))
      return { name, tensor, dtype: tensor.dtype }
    })
    .sort((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || (a.name < b.name ? -1 : 1))
    .map(({ name, tensor, dtype }) => {
      const begin = end
      end += tensor.size * bytesOf(dtype)
      return { tensor, dtype, entry: { name, dtype: stored[dtype], shape: tensor.shape, begin, end } }
    })
}

/** Refuses lone surrogates: UTF-8, the encoding of the header, would replace them. */
export const checkText = (who: string, text: string): void => {
  if (/\p{Surrogate}/u.test(text)) throw badFile(who, `${quoted(text)} must be whole characters, got half of one`)
}

// Not JSON.stringify of an object, which would move keys such as '0' to the front.
const record = (items: readonly (readonly [key: string, json: string])[]): string =>
  `{${items.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`

/** The bytes before the data: length and header, padded with spaces so that the data begins at a multiple of 8. */
export const encodeHeader = (
  who: string,
  entries: readonly Entry[],
  metadata: readonly (readonly [string, string])[],
): Bytes => {
  const check = (length: number): void => {
    if (length > longestHeader) throw headerTooLarge(who, length, longestHeader)
  }
  // Checked early too, since the engine may be unable to hold the text of the whole header.
  check(metadata.reduce((n, [key, text]) => n + key.length + text.length, 0))
  check(entries.reduce((n, { name }) => n + name.length, 0))
  const texts = metadata.map(([key, text]) => [key, JSON.stringify(text)] as const)
  const tensors = entries.map(
    ({ name, dtype, shape, begin, end }) =>
      [name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] })] as const,
  )
  const json = new TextEncoder().encode(
    record([...(texts.length > 0 ? [[metadataKey, record(texts)] as const] : []), ...tensors]),
  )
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  check(bytes.length - 8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(json, 8)
  return bytes
}
