/** Checks of a schedule's arguments when it is made. */
import { hyperOutOfRange } from '../errors.js'

type Check = (who: string, values: Readonly<Record<string, number>>) => void

const check =
  (expected: string, holds: (value: number) => boolean): Check =>
  (who, values) => {
    for (const [name, value] of Object.entries(values))
      if (typeof value !== 'number' || !holds(value)) throw hyperOutOfRange(who, name, expected, value)
  }

export const finiteArgument = check('a finite number', Number.isFinite)
export const positiveArgument = check('positive and finite', v => v > 0 && v < Infinity)
export const stepsArgument = check('a whole number, at least 0', v => Number.isInteger(v) && v >= 0)
export const positiveSteps = check('a whole number, at least 1', v => Number.isInteger(v) && v >= 1)
