/**
 * Reads the members of a JSON object one by one, as texts. Unlike JSON.parse it stops at the first fault, before it has
 * built anything from a hostile header, and notices duplicate keys.
 */
import { short } from '../errors.js'

/** The deepest nesting: more than any header needs, and far less than would exhaust the stack. */
const mostNested = 16

const [quote, backslash, open, close, openList, closeList, comma, colon] = Array.from('"\\{}[],:', character =>
  character.charCodeAt(0),
) as [number, number, number, number, number, number, number, number]

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

const skipSpace = (text: string, from: number): number => {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** The place after the string that begins at `from`; the end of the text if the string is not closed. */
const stringEnd = (text: string, from: number): number => {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === backslash) at++
    else if (code === quote) return at + 1
  }
  return text.length
}

/** The place after the value that begins at `from`, -1 if it is nested too deep. The value itself is not checked. */
const valueEnd = (text: string, from: number): number => {
  let depth = 0
  let at = from
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = stringEnd(text, at)
      if (depth === 0) return at
      continue
    }
    if (code === open || code === openList) {
      if (++depth > mostNested) return -1
    } else if (code === close || code === closeList) {
      if (depth === 0) return at
      if (--depth === 0) return at + 1
    } else if (depth === 0 && (code === comma || isSpace(code))) return at
    at++
  }
  return at
}

export const notJson = (what: string): string => `its header is not JSON: ${what}`
const expected = (what: string, text: string, at: number): string =>
  notJson(`expected ${what}, got ${at < text.length ? short(text.slice(at, at + 20)) : 'the end'}`)

/**
 * Calls `visit` with the key and the value's text of each member of the object in `text`, until it returns a problem.
 * Returns the first problem, either from `visit` or with the text.
 */
export const eachMember = (
  text: string,
  visit: (key: string, value: string) => string | undefined,
): string | undefined => {
  const seen = new Set<string>()
  let at = skipSpace(text, 1)
  if (text.charCodeAt(0) !== open) return expected('an object', text, 0)
  if (text.charCodeAt(at) !== close)
    for (;;) {
      if (text.charCodeAt(at) !== quote) return expected('a name in quotes', text, at)
      const keyEnd = stringEnd(text, at)
      const key = parseJson(text.slice(at, keyEnd))
      if (typeof key !== 'string') return expected('a name in quotes', text, at)
      if (seen.has(key)) return `the name ${short(key)} stands there twice`
      seen.add(key)
      at = skipSpace(text, keyEnd)
      if (text.charCodeAt(at) !== colon) return expected('a colon', text, at)
      at = skipSpace(text, at + 1)
      const end = valueEnd(text, at)
      if (end === at) return expected('a value', text, at)
      if (end < 0) return `${short(key)} is nested more than ${mostNested} deep`
      const problem = visit(key, text.slice(at, end))
      if (problem !== undefined) return problem
      at = skipSpace(text, end)
      if (text.charCodeAt(at) === close) break
      if (text.charCodeAt(at) !== comma) return expected('a comma or the end of the object', text, at)
      at = skipSpace(text, at + 1)
    }
  at = skipSpace(text, at + 1)
  return at < text.length ? expected('nothing more', text, at) : undefined
}

/** The value, or undefined if the text is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
