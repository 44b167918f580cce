import { wrongCount, wrongState } from '../errors.js'
import { isRecord } from '../tree/structure.js'
import type { Rule } from './rule.js'

/** A state as the record it must be, with just these fields. */
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

/** The state of a rule: a slot per name, and the number of finished steps. */
export const ruleState = ({ name, slots }: Rule, state: unknown, where: string) => {
  const record = recordOf(name, ['count', ...Object.keys(slots)], state, where)
  const count = record['count']
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) throw wrongCount(name, where, count)
  return { ...record, count } as { readonly count: number; readonly [slot: string]: unknown }
}
