/** Results as text: a table for the terminal, Markdown and a chart for a folder. */
import { copy, donated } from './contestants.js'
import { barChart } from './chart.js'
import { medianOf, ratio, type Race } from './race.js'
import type { ShortRun } from './short.js'
import { targets, type Findings, type Row } from './targets.js'

/** Columns of a race: ratios first. */
const lines = (race: Race): readonly (readonly string[])[] =>
  race.times.map(({ name }) => {
    const ns = (medianOf(race, name) * 1e6) / race.params
    const times = (rival: string): string => {
      const found = ratio(race, name, rival)
      return Number.isNaN(found) ? '-' : found.toPrecision(3)
    }
    return [name, times(donated), times(copy), ns.toPrecision(3), (race.bytes / ns).toPrecision(3)]
  })

const columns = ['', 'times ours donated', 'times the copy', 'ns/parameter', 'GB/s']

const titleOf = ({ backend, size, chain, leaves, params, bytes }: Race): string =>
  `${chain}, ${size} (${leaves} leaves, ${params} parameters), ${backend}; ${bytes} bytes per parameter`

export const printed = (race: Race): string => {
  const rows = [columns, ...lines(race)]
  const widths = columns.map((_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0)))
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
  return [`\n${titleOf(race)}`, ...rows.map(row => row.map(pad).join('  '))].join('\n')
}

const markdownTable = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')

const verdict = ({ met }: Row): string => (met === null ? 'not measured in this run' : met ? 'met' : 'NOT met')

export interface Setting {
  readonly machine: string
  readonly versions: string
  readonly command: string
  readonly date: string
}

export const markdown = (findings: Findings, { machine, versions, command, date }: Setting): string =>
  [
    '# What a step costs',
    `- Machine: ${machine}\n- Versions: ${versions}\n- Command: \`${command}\`\n- Date: ${date}`,
    'All contestants of a table ran in one process in turns (optax and torch in a child, one thread each), each warmed up;\n' +
      'medians over the rounds, ratios as medians of the ratios of each round. Ratios count, absolute times are this machine’s.\n' +
      'What the host and the first step cost are medians of five processes of their own.',
    '## Targets',
    markdownTable(
      ['work', 'against', 'target', 'measured', ''],
      targets({ ...findings, shorts: [] }).map(row => [row.work, row.against, row.target, row.measured, verdict(row)]),
    ),
    ...shortSection(findings),
    '## What is in `tfjs-optax/core`',
    '`chain` and `adamw`, minified, before compression; what each file is of it, from 500 bytes on.',
    weightTable(findings),
    '## Races',
    'GB/s: what a donated step must move, over the time; the copy reads and writes as many bytes within the same arrays.',
    ...findings.races.map(race => `### ${titleOf(race)}\n\n${markdownTable(columns, lines(race))}`),
  ].join('\n\n') + '\n'

/** A row for each number of variables; those with targets of their own are printed by the program. */
const shortSection = ({ shorts }: Findings): readonly string[] => {
  if (shorts.length === 0) return []
  const names = [...new Set(shorts.map(({ name }) => name))]
  const titleOfRun = ({ variables, way, backend }: ShortRun): string => `${variables}, ${way}, ${backend}`
  const rows = [...new Set(shorts.map(titleOfRun))].map(title => [
    title,
    ...names.map(name => {
      const found = shorts.find(run => run.name === name && titleOfRun(run) === title)
      return found === undefined
        ? '-'
        : `${found.ratio.toFixed(2)} (${found.first.toFixed(0)}; ${found.rivalFirst.toFixed(1)})`
    }),
  ])
  return [
    '## Short runs on few numbers',
    '100 steps on variables of 1 to 10 elements, each run in a process of its own, with the making of the optimizer and the\n' +
      'first step: the time as a part of that of `tf.train.sgd` or `tf.train.adam`, and in brackets the milliseconds of the first\n' +
      'step of ours and of theirs. tfjs has computed gradients before the clock starts. Medians of five processes.',
    markdownTable(['variables, way, backend', ...names.map(name => `\`${name}\``)], rows),
  ]
}

const weightTable = ({ weights }: Findings): string => {
  const files = weights.find(({ entry }) => entry === 'core')?.files ?? []
  const whole = files.reduce((sum, [, bytes]) => sum + bytes, 0)
  const rows = files.filter(([, bytes]) => bytes >= 500).map(([file, bytes]) => [file, String(bytes)])
  return markdownTable(['file', 'bytes'], [['all', String(whole)], ...rows])
}

/** Times against ours donated, one panel per race of a backend. */
export const chart = ({ races }: Findings, backend: string): string => {
  const own = races.filter(race => race.backend === backend)
  const panels = own.map(race => ({
    title: `${race.chain}, ${race.size}`,
    bars: race.times.map(({ name }) => ({ label: name, value: ratio(race, name, donated) })),
  }))
  const wide = new Set(own.map(({ size }) => size)).size
  return barChart(`${backend}: time of a step, ours donated = 1 (logarithmic; less is faster)`, panels, wide)
}
