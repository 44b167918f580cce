/**
 * What tfjs does to a config when it loads a model, and how text is kept from it: keys and strings lose their
 * underscores, `layer_norm` comes back as `layerNorm`, but for a string under the key `name`.
 */
import { isRecord } from '../tree/structure.js'

/** Whether tfjs would change it. */
export const changes = (json: unknown, key?: string): boolean => {
  if (typeof json === 'string') return key !== 'name' && json.includes('_')
  if (Array.isArray(json)) return json.some(x => changes(x))
  return isRecord(json) && Object.entries(json).some(([k, x]) => k.includes('_') || changes(x, k))
}

/** A string in a form that survives. */
export const keepText = (text: string): unknown => (text.includes('_') ? { name: text } : text)

/** JSON.stringify drops the sign of -0, so it is written as a text. */
export const keepNumber = (x: number): unknown => (Object.is(x, -0) ? minusZero : x)
export const minusZero = '-0'

/** The string of either form, or null. */
export const textOf = (u: unknown): string | null => {
  if (typeof u === 'string') return u
  return isRecord(u) && Object.keys(u).length === 1 && typeof u['name'] === 'string' ? u['name'] : null
}

/** What stands as type where a whole config is JSON in a text, under the key `name` that tfjs does not touch. */
export const textType = 'json'

/** The config, as text if tfjs would change it; `json` must be JSON already. */
export const surviving = (json: unknown): unknown =>
  changes(json) ? { type: textType, name: JSON.stringify(json) } : json
