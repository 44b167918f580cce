/** The kinds of numbers that schedules take, which configs read too, and checks of a schedule's arguments when it is made. */
import { badArgument, hyperOutOfRange } from '../errors.js'
import type { HyperSpec, Schedule } from '../rule/hyper.js'

export type NumberKind = Omit<HyperSpec, 'value'>

export const finite: NumberKind = { expected: 'a finite number', holds: Number.isFinite }
export const positive: NumberKind = { expected: 'a number above 0 and finite', holds: v => v > 0 && v < Infinity }
export const fraction: NumberKind = { expected: 'a number from 0 to 1', holds: v => v >= 0 && v <= 1 }
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
export const fractionArgument = check(fraction)
export const stepsArgument = check(steps)
export const positiveSteps = check(stepsAbove0)

export const scheduleArgument = (who: string, schedule: Schedule): void => {
  if (typeof schedule !== 'function') throw badArgument(who, 'schedule', 'a schedule (count) => number', schedule)
}

/** The schedules; throws unless they are a list of at least one. */
export const schedulesArgument = (
  who: string,
  schedules: readonly Schedule[],
): readonly [Schedule, ...(readonly Schedule[])] => {
  const [first, ...others] = Array.isArray(schedules) ? (schedules as readonly Schedule[]) : []
  if (first === undefined || [first, ...others].some(schedule => typeof schedule !== 'function'))
    throw badArgument(who, 'schedules', 'a non-empty list of schedules', schedules)
  return Object.freeze([first, ...others] as const)
}
