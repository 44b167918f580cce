/** The first values of slots that a user may choose. */
import { hyperOutOfRange } from '../errors.js'

/** The number as it was given; throws if a mean or sum of squares can't start there. */
export const startAtLeast0 = (who: string, option: string, value: number): number => {
  if (!(value >= 0 && value < Infinity)) throw hyperOutOfRange(who, option, 'at least 0 and finite', value)
  return value
}
