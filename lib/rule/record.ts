import { wrongState } from '../errors.js'
import { isRecord } from '../tree/structure.js'

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
