/**
 * Searches a text for a regular expression in time linear in both. JavaScript tries one path after the other, so
 * `(a+)+$` takes it minutes on thirty letters; here all paths are followed at once (Thompson 1968).
 */
import { parsePattern, type Pattern } from './parse.js'

/**
 * A state of the automaton: it reads one unit, or forks, on condition that `must` holds at the position if there is
 * one.
 */
type State =
  | { readonly is: (unit: string) => boolean; readonly next: State }
  | { readonly must: Pattern | null; readonly out: readonly State[] }

/** The direction in which the text is read: look-aheads are read backwards from its end. */
type Way = 'forwards' | 'backwards'

const most = 5000

/** How many states a pattern has; one with too many is not built. */
const sizeOf = (pattern: Pattern): number => {
  switch (pattern.kind) {
    case 'sequence':
      return pattern.parts.reduce((sum, part) => sum + sizeOf(part), 0)
    case 'choice':
      return pattern.options.reduce((sum, option) => sum + sizeOf(option), 1)
    case 'repeat':
      return 1 + sizeOf(pattern.inner) * Math.max(1, pattern.max === Infinity ? pattern.min + 1 : pattern.max)
    case 'look':
      return 1 + sizeOf(pattern.inner)
    default:
      return 1
  }
}

const build = (pattern: Pattern, way: Way, next: State): State => {
  switch (pattern.kind) {
    case 'unit':
      return { is: pattern.is, next }
    case 'place':
    case 'look':
      return { must: pattern, out: [next] }
    case 'sequence': {
      const parts = way === 'forwards' ? pattern.parts.toReversed() : pattern.parts
      return parts.reduce((after, part) => build(part, way, after), next)
    }
    case 'choice':
      return { must: null, out: pattern.options.map(option => build(option, way, next)) }
    case 'repeat': {
      const { inner, min, max } = pattern
      let state = next
      if (max === Infinity) {
        const out = [next]
        state = { must: null, out }
        out.push(build(inner, way, state))
      } else for (let i = min; i < max; i++) state = { must: null, out: [next, build(inner, way, state)] }
      for (let i = 0; i < min; i++) state = build(inner, way, state)
      return state
    }
  }
}

type TextPlaces = readonly boolean[]

/** Read forwards, the positions at which a match ends; read backwards, those at which one begins. */
const run = (pattern: Pattern, way: Way, text: string): TextPlaces => {
  const end: State = { must: null, out: [] }
  const start = build(pattern, way, end)
  const looked = new Map<Pattern, TextPlaces>()
  const holds = (must: Pattern, position: number): boolean => {
    if (must.kind === 'place') return must.holds(text, position)
    if (must.kind !== 'look') return true
    const places = looked.get(must) ?? run(must.inner, must.behind ? 'forwards' : 'backwards', text)
    looked.set(must, places)
    return places[position] === must.wanted
  }
  const found: boolean[] = []
  let active = new Set<State>()
  for (let i = 0; i <= text.length; i++) {
    const position = way === 'forwards' ? i : text.length - i
    const unit = text[way === 'forwards' ? position : position - 1]
    active.add(start)
    const after = new Set<State>()
    // Iteration over a Set also visits the states that are added meanwhile.
    for (const state of active) {
      if ('is' in state) {
        if (unit !== undefined && state.is(unit)) after.add(state.next)
      } else if (state.must === null || holds(state.must, position)) state.out.forEach(one => active.add(one))
    }
    found[position] = active.has(end)
    active = after
  }
  return found
}

const compiled = (source: string): RegExp | null => {
  try {
    return new RegExp(source)
  } catch {
    return null
  }
}

/** How many results each pattern caches. */
const remembered = 1000

/** The argument of `linearFinder`, for messages. */
export const linearPattern = 'a regular expression without back references'

/**
 * A finder that takes linear time; null if the source is not a regular expression, has back references, or is
 * unreasonably large.
 */
export const linearFinder = (source: string): ((text: string) => boolean) | null => {
  if (source.length > most) return null
  const expression = compiled(source)
  if (expression === null) return null
  // Without quantifiers and choices JavaScript has only one path to try.
  if (!/[*+?{(|]/.test(source)) return text => expression.test(text)
  const pattern = parsePattern(source)
  if (pattern === null || sizeOf(pattern) > most) return null
  const known = new Map<string, boolean>()
  return text => {
    const before = known.get(text)
    if (before !== undefined) return before
    const found = run(pattern, 'forwards', text).includes(true)
    if (known.size >= remembered) known.clear()
    known.set(text, found)
    return found
  }
}
