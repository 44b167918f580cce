/** Errors about the paths and sizes of files. */
import { nameOf, RuntimeError, ValueError } from '../errors.js'

export const notAPath = (who: string, got: unknown): TypeError =>
  new TypeError(`${who}: path must be a path or a file: URL, got ${got instanceof URL ? got.href : nameOf(got)}`)
export const notAFile = (who: string, path: string, got: string): ValueError =>
  new ValueError(`${who}: ${path} must be a file, got ${got}`)
export const headerTooLarge = (who: string, bytes: number, most: number): ValueError =>
  new ValueError(`${who}: names, shapes and texts must fit in ${most} bytes of header, got ${bytes} or more`)
export const arrayTooLarge = (who: string, what: string, bytes: number, cause: unknown): RuntimeError =>
  new RuntimeError(`${who}: out of memory: ${what} needs an array of ${bytes} bytes`, { cause })
