/** Writes numbers, booleans and strings as text that gives each back exactly, NaN and -0 too. */

/** A leaf that is not a tensor. */
export type Host = number | boolean | string

export const isHost = (u: unknown): u is Host =>
  typeof u === 'number' || typeof u === 'boolean' || typeof u === 'string'

const words = /* @__PURE__ */ new Map<string, Host>(
  /* @__PURE__ */ [true, false, NaN, Infinity, -Infinity].map(word => [String(word), word] as const),
)
const numeral = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i

const integer = /^-?\d+$/

/** The number; undefined if no float64 has this value, such as for 1e400 or an integer between two float64. */
const exactly = (text: string): number | undefined => {
  const value = Number(text)
  if (!Number.isFinite(value)) return undefined
  // The shortest text of a large number need not be its exact value, so both are accepted.
  const same = !integer.test(text) || String(value) === text || BigInt(value) === BigInt(text)
  return same ? value : undefined
}

/** The value of a text; undefined if it stands for none. */
export const parseHost = (text: string): Host | undefined => {
  const word = words.get(text)
  if (word !== undefined) return word
  if (numeral.test(text)) return exactly(text)
  if (!text.startsWith('"')) return undefined
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}

/** The text of a value: strings as JSON, so that '1' and 1 differ, numbers as JavaScript prints them. */
export const printHost = (host: Host): string =>
  typeof host === 'string' ? JSON.stringify(host) : Object.is(host, -0) ? '-0' : String(host)

/** The argument of `parseHost`, for messages. */
export const hostText = 'a number, true, false or a string in quotes'
