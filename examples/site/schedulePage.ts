/** The page of a schedule: its curve, its options, and the values at some counts. */
import type { Schedule } from 'tfjs-optax'
import { commentSections, hole, text, type Content } from './page.js'
import type { PublicName } from './names.js'
import { optionsTable, type OptionFact } from './options.js'

const number = (value: number): string => String(Number(value.toPrecision(6)))

/** A table of the schedule at the start, at some counts between, and at the end. */
const valuesTable = (schedule: Schedule, steps: number): string => {
  const counts = [0, 1, ...[1, 2, 3, 4].map(quarter => Math.round((steps * quarter) / 4))]
  return [
    `| count | ${counts.join(' | ')} |`,
    `| --- | ${counts.map(() => '---').join(' | ')} |`,
    `| value | ${counts.map(count => number(schedule(count))).join(' | ')} |`,
  ].join('\n')
}

export interface SchedulePageData {
  readonly named: PublicName
  readonly code: string
  readonly schedule: Schedule
  readonly steps: number
  readonly options: readonly OptionFact[]
}

export const schedulePage = ({ named, code, schedule, steps, options }: SchedulePageData): Content => [
  text(`# ${named.name}\n\n`),
  ...(named.comment?.summary ?? []),
  text(`\n\n${hole('curve', named.name)}\n\nThe curve is that of \`${code}\`.\n\n`),
  text(`${valuesTable(schedule, steps)}\n`),
  ...(options.length === 0 ? [] : [text(`\n\n## Options\n\n${optionsTable(options)}\n`)]),
  ...commentSections(named),
]
