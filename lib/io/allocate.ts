/** Allocates the bytes that a file needs. */
import { arrayTooLarge } from '../errors/files.js'
import type { Bytes } from './dtypes.js'

/** Throws a clear error if the engine cannot make an array that large. */
export const allocate = (who: string, what: string, bytes: number): Bytes => {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    throw arrayTooLarge(who, what, bytes, cause)
  }
}
