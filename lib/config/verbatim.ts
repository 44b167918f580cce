/**
 * Protects configs from tfjs, which changes them when it loads a model: in keys and strings, `layer_norm` becomes
 * `layerNorm`. Only a string under the key `name` stays.
 */
import { isRecord } from '../tree/structure.js'

/** Whether tfjs would change this JSON. */
export const changes = (json: unknown, key?: string): boolean => {
  if (typeof json === 'string') return key !== 'name' && json.includes('_')
  if (Array.isArray(json)) return json.some(x => changes(x))
  return isRecord(json) && Object.entries(json).some(([k, x]) => k.includes('_') || changes(x, k))
}

/** A string in a form that tfjs does not change. */
export const keepText = (text: string): unknown => (text.includes('_') ? { name: text } : text)

/** A number as JSON; -0 is written as a string, since JSON.stringify drops its sign. */
export const keepNumber = (x: number): unknown => (Object.is(x, -0) ? minusZero : x)
export const minusZero = '-0'

/** The string in either of its written forms; null if it is none. */
export const textOf = (u: unknown): string | null => {
  if (typeof u === 'string') return u
  return isRecord(u) && Object.keys(u).length === 1 && typeof u['name'] === 'string' ? u['name'] : null
}

/** The type of a config that is JSON in a string, under the key `name`, which tfjs does not change. */
export const textType = 'json'

/** The config, as a string if tfjs would change it; `json` must be JSON already. */
export const surviving = (json: unknown): unknown =>
  changes(json) ? { type: textType, name: JSON.stringify(json) } : json
