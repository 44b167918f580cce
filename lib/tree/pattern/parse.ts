/**
 * Parses JavaScript's regular expressions, without flags, into trees that `find.ts` runs in linear time. The source has
 * compiled as a RegExp already; single characters and classes are left to JavaScript itself.
 */
export type Pattern =
  /** one UTF-16 unit */
  | { readonly kind: 'unit'; readonly is: (unit: string) => boolean }
  | { readonly kind: 'place'; readonly holds: (text: string, position: number) => boolean }
  | { readonly kind: 'look'; readonly behind: boolean; readonly wanted: boolean; readonly inner: Pattern }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly options: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly inner: Pattern; readonly min: number; readonly max: number }

const isWord = (unit: string | undefined): boolean => unit !== undefined && /\w/.test(unit)
const atBorder = (text: string, i: number): boolean => isWord(text[i - 1]) !== isWord(text[i])
const places: Readonly<Record<string, (text: string, position: number) => boolean>> = {
  '^': (_, i) => i === 0,
  $: (text, i) => i === text.length,
  '\\b': atBorder,
  '\\B': (text, i) => !atBorder(text, i),
}

const opening = /\((?:\?(?:(<?)([=!])|:|<[^>]*>))?/y
const quantifier = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y
const atom = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[a-zA-Z]|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/y
/** Back references, and escapes whose meaning depends on whether such a group exists. */
const unclear = /^\\(?:[1-9k]|c$)/

const unitOf = (source: string): Pattern => {
  if (source.length === 1 && source !== '.') return { kind: 'unit', is: unit => unit === source }
  const one = new RegExp(`^${source}$`)
  return { kind: 'unit', is: unit => one.test(unit) }
}

const timesOf = ([, sign, least = '', comma, most = '']: RegExpExecArray): readonly [number, number] => {
  if (sign !== undefined) return sign === '?' ? [0, 1] : [sign === '+' ? 1 : 0, Infinity]
  return [Number(least), comma === '' ? Number(least) : most === '' ? Infinity : Number(most)]
}

const deepest = 200

/**
 * The pattern of a regular expression; null if it has back references, unknown kinds of groups or is nested too deep.
 */
export const parsePattern = (source: string): Pattern | null => {
  let at = 0
  const take = (one: RegExp): RegExpExecArray | null => {
    one.lastIndex = at
    const found = one.exec(source)
    if (found !== null) at += found[0].length
    return found
  }

  const group = (depth: number): Pattern | null => {
    const before = at
    const [open = '', behind, sign] = take(opening) ?? []
    if (depth > deepest || (open === '(' && source[before + 1] === '?')) return null
    const inner = choice(depth + 1)
    at++ // the closing bracket
    if (inner === null || sign === undefined) return inner
    return { kind: 'look', behind: behind === '<', wanted: sign === '=', inner }
  }

  const single = (depth: number): Pattern | null => {
    if (source[at] === '(') return group(depth)
    const text = take(atom)?.[0] ?? ''
    if (unclear.test(text) || (text === '\\0' && /\d/.test(source[at] ?? ''))) return null
    const holds = Object.hasOwn(places, text) ? places[text] : undefined
    return holds === undefined ? unitOf(text) : { kind: 'place', holds }
  }

  const sequence = (depth: number): Pattern | null => {
    const parts: Pattern[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      const inner = single(depth)
      if (inner === null) return null
      const times = take(quantifier)
      const [min, max] = times === null ? [1, 1] : timesOf(times)
      parts.push(times === null ? inner : { kind: 'repeat', inner, min, max })
    }
    return { kind: 'sequence', parts }
  }

  const choice = (depth: number): Pattern | null => {
    const options: Pattern[] = []
    for (;;) {
      const option = sequence(depth)
      if (option === null) return null
      options.push(option)
      if (source[at] !== '|') return { kind: 'choice', options }
      at++
    }
  }

  return choice(0)
}
