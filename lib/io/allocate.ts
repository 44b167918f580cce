/** Arrays of as many bytes as a file needs. */
import { arrayTooLarge } from '../errors/files.js'
import type { Bytes } from './dtypes.js'

/** Throws our own words where the engine has no array so large. */
export const allocate = (who: string, what: string, bytes: number): Bytes => {
  try {
    return new Uint8Array(bytes)
  } catch (cause) {
    throw arrayTooLarge(who, what, bytes, cause)
  }
}
