/**
 * What tfjs does to a config when it loads a model, and how text is kept from it: keys and strings lose their
 * underscores, `layer_norm` comes back as `layerNorm`, but for a string under the key `name`.
 */
import { either as E } from 'fp-ts'
import { isRecord } from '../tree/structure.js'

/** Whether tfjs would change it. */
export const changes = (json: unknown, key?: string): boolean => {
  if (typeof json === 'string') return key !== 'name' && json.includes('_')
  if (Array.isArray(json)) return json.some(x => changes(x))
  return isRecord(json) && Object.entries(json).some(([k, x]) => k.includes('_') || changes(x, k))
}

/** A string in a form that survives. */
export const keepText = (text: string): unknown => (text.includes('_') ? { name: text } : text)

/** The string of either form, or null. */
export const textOf = (u: unknown): string | null => {
  if (typeof u === 'string') return u
  return isRecord(u) && Object.keys(u).length === 1 && typeof u['name'] === 'string' ? u['name'] : null
}

/** The JSON of a text. */
export const parse = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    () => JSON.parse(text) as unknown,
    cause => (cause instanceof Error ? cause.message : String(cause)),
  )
