/** The rows of all pages. A name without a row gets the example that its kind suggests. */
import { optimizerRows } from './optimizers.js'
import { scheduleRows } from './schedules.js'
import type { Rows, Subject } from './subject.js'
import { transformRows } from './transforms.js'
import { wrapperRows } from './wrappers.js'

const subject = (name: string, rows: Rows, code: string, picture: string): Subject => {
  const [own = code, drawn = rows[name] === undefined ? picture : own, note] = rows[name] ?? []
  return { name, code: own, picture: drawn, ...(note !== undefined && { note }) }
}

/** Ways to make the row of a name, by the list of the package that has it. */
export const subjectOf = {
  transforms: (name: string): Subject =>
    subject(name, transformRows, `${name}()`, `chain(${name}(), scaleByLearningRate($rate))`),
  optimizers: (name: string): Subject => subject(name, optimizerRows, `${name}($rate)`, `${name}($rate)`),
  wrappers: (name: string): Subject => subject(name, wrapperRows, `${name}(adam($rate))`, `${name}(adam($rate))`),
} as const

export type List = keyof typeof subjectOf

/** The example of a schedule and how many steps its picture shows; undefined for a name that has no row. */
export const scheduleRow = (name: string): readonly [code: string, steps: number] | undefined => scheduleRows[name]
