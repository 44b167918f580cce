/** Checks of states: records and counts. */
import { wrongCount, wrongState } from '../errors.js'
import { isRecord } from '../tree/structure.js'
import type { Numbers } from '../rule/rule.js'

/** The state as a record; throws unless it has exactly these fields. */
export const recordOf = (
  who: string,
  keys: readonly string[],
  state: unknown,
  where: string,
): Readonly<Record<string, unknown>> => {
  if (!isRecord(state) || Object.keys(state).length !== keys.length || !keys.every(key => Object.hasOwn(state, key)))
    throw wrongState(who, where, keys, state)
  return state
}

/** A count of steps; throws unless it is a whole number from 0 on. */
export const countIn = (who: string, where: string, count: unknown, field = 'count'): number => {
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) throw wrongCount(who, where, count, field)
  return count
}

/** The state of a link with slots: the number of finished steps, a tree for each slot, and its cells. */
export const numberedState = ({ name, slots, cells }: Numbers<unknown>, state: unknown, where: string) => {
  const record = recordOf(name, ['count', ...Object.keys(slots), ...Object.keys(cells)], state, where)
  return { ...record, count: countIn(name, where, record['count']) } as {
    readonly count: number
    readonly [slot: string]: unknown
  }
}
