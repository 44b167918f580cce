/** Schedules that record how they were made, so that a config can contain them. */
import type { Schedule } from '../rule/hyper.js'

/** The name of the factory as `type`, and its arguments by name; schedules among them stay functions. */
export interface Making {
  readonly type: string
  readonly [argument: string]: unknown
}

/** The schedule with a record of how it was made, without arguments that are undefined. */
export const carrying = (type: string, given: Readonly<Record<string, unknown>>, schedule: Schedule): Schedule => {
  const present = Object.entries(given).filter(([, value]) => value !== undefined)
  const config: Making = Object.freeze({ ...Object.fromEntries(present), type })
  // A new function, since `schedule` may already carry the record of another factory.
  return Object.freeze(Object.assign((count: number) => schedule(count), { config }))
}

/** How a schedule was made. It is recognised by its fields, so schedules of another copy of this package work too. */
export const makingOf = (schedule: Schedule): Making | null => {
  const config: unknown = 'config' in schedule ? schedule.config : null
  const said = typeof config === 'object' && config !== null && 'type' in config && typeof config.type === 'string'
  return said ? (config as Making) : null
}
