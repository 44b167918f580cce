/** Errors about trees that cannot be flattened; each names the path. */
import { nameOf, ValueError } from '../errors.js'

/** A path for a message, cut if it is long. */
const shown = (path: string): string => (path === '' ? 'the root' : path.length > 80 ? `${path.slice(0, 79)}…` : path)

export const insideItself = (who: string, path: string, ancestor: string): ValueError =>
  new ValueError(`${who}: ${shown(path)} is ${shown(ancestor)} again, but a tree must not contain itself`)
export const tooDeep = (who: string, path: string, levels: number): ValueError =>
  new ValueError(`${who}: a tree may have ${levels} levels at most, and there are more below ${shown(path)}`)
export const symbolKey = (who: string, path: string, key: symbol): TypeError =>
  new TypeError(`${who}: the keys of a tree must be strings, got ${String(key)} at ${shown(path)}`)
export const unreadable = (who: string, path: string, cause: unknown): TypeError =>
  new TypeError(`${who}: ${shown(path)} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, {
    cause,
  })
export const opaqueNode = (who: string, path: string, got: unknown): TypeError =>
  new TypeError(
    `${who}: ${shown(path)} must be plain data, an array or a tensor, got ${nameOf(got)}, whose tensors would not be found`,
  )
