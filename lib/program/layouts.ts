/** The layouts of a nest's state: the state of its only part, a tuple, or a record. */
import { wrongStateLength } from '../errors.js'
import { seal } from '../tree/freeze.js'
import { joinPath } from '../tree/structure.js'
import type { Layout } from './program.js'
import { recordOf } from './record.js'

/** The state of the nest is that of its only part. */
export const sameState: Layout = {
  first: ([state]) => state,
  split: state => [state],
  join: ([state]) => state,
  key: () => null,
  own: [],
}

/** A tuple with one entry per part. */
export const tupleState = (size: number): Layout => ({
  first: seal,
  split: (state, where) => {
    if (!Array.isArray(state) || state.length !== size) throw wrongStateLength(where, size, state)
    return state as readonly unknown[]
  },
  join: seal,
  key: i => i,
  own: [],
})

/** A record: the nest's own numbers, which start as in `own`, then one field per part. */
export const recordState = (
  who: string,
  names: readonly string[],
  own: Readonly<Record<string, number>> = {},
): Layout => {
  const numbers = Object.keys(own)
  const keys = [...numbers, ...names]
  const made = (before: Readonly<Record<string, unknown>>, states: readonly unknown[]): unknown =>
    seal(
      Object.fromEntries([
        ...numbers.map(name => [name, before[name]] as const),
        ...names.map((name, i) => [name, states[i]] as const),
      ]),
    )
  return {
    first: states => made(own, states),
    split: (state, where) => {
      const record = recordOf(who, keys, state, where)
      return names.map(name => record[name])
    },
    join: (states, before) => made(before as Readonly<Record<string, unknown>>, states),
    key: i => names[i] ?? '',
    own: numbers,
  }
}

/** The position of part `i` of a nest in words, such as `state[1]` or `state.inner`. */
export const placeOf = ({ key }: Layout, where: string, i: number): string => {
  const at = key(i)
  return at === null ? where : typeof at === 'number' ? `${where}[${at}]` : joinPath(where, at)
}
