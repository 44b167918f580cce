/** The kinds of numbers that schedules take, which configs read too, and checks of a schedule's arguments when it is made. */
import { hyperOutOfRange } from '../errors.js'
import type { HyperSpec } from '../rule/hyper.js'

export type NumberKind = Omit<HyperSpec, 'value'>

export const finite: NumberKind = { expected: 'a finite number', holds: Number.isFinite }
export const positive: NumberKind = { expected: 'a number above 0 and finite', holds: v => v > 0 && v < Infinity }
export const steps: NumberKind = { expected: 'a whole number, at least 0', holds: v => Number.isInteger(v) && v >= 0 }
export const stepsAbove0: NumberKind = { expected: 'a whole number above 0', holds: v => Number.isInteger(v) && v > 0 }

type Check = (who: string, values: Readonly<Record<string, number>>) => void

const check =
  ({ expected, holds }: NumberKind): Check =>
  (who, values) => {
    for (const [name, value] of Object.entries(values))
      if (typeof value !== 'number' || !holds(value)) throw hyperOutOfRange(who, name, expected, value)
  }

export const finiteArgument = check(finite)
export const positiveArgument = check(positive)
export const stepsArgument = check(steps)
export const positiveSteps = check(stepsAbove0)
