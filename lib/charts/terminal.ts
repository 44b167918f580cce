import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { wholeNumber } from '../call/whole.js'
import { badArgument } from '../errors.js'
import { seriesIn, type ChartRow, type ChartSink } from './rows.js'

/** Where `terminalChart` writes its lines, and how much they show. */
export interface TerminalOptions {
  /** where a line goes; default `console.log` */
  readonly write?: (line: string) => void
  /** how many of the last values a line shows, a whole number from 1 on; default 12 */
  readonly width?: number
}

const options: Names<TerminalOptions> = { write: '', width: '' }

const bars = '▁▂▃▄▅▆▇█'

/** A bar for each value, from the least to the greatest; `×` for one that is not finite. */
const sparkline = (values: readonly number[]): string => {
  const finite = values.filter(Number.isFinite)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  const barOf = (x: number): string => {
    if (!Number.isFinite(x)) return '×'
    const part = high > low ? (x - low) / (high - low) : 0
    return bars[Math.min(bars.length - 1, Math.floor(part * bars.length))] ?? ''
  }
  return values.map(barOf).join('')
}

/** Four digits, as an exponent where zeros would fill the line. */
const shown = (x: number): string => {
  const size = Math.abs(x)
  return size !== 0 && Number.isFinite(x) && (size < 1e-3 || size >= 1e5) ? x.toExponential(2) : x.toPrecision(4)
}

/**
 * A sink for `drawTraining` that writes a line for each row: every number, and its last values as bars.
 *
 * The bars of a series go from the least to the greatest of the values shown; `×` is one that is not finite.
 *
 * @throws TypeError for an option that is out of range.
 * @example
 * import { terminalChart } from 'tfjs-optax'
 * const lines: string[] = []
 * const draw = terminalChart({ write: line => lines.push(line) })
 * await draw([
 *   { at: 1, values: { loss: 0.5 } },
 *   { at: 2, values: { loss: 0.25 } },
 * ])
 * // lines[0] is '2  loss 0.2500 █▁'
 */
export const terminalChart = /* @__PURE__ */ checked(
  { who: 'terminalChart', takes: [], options },
  ({ write = line => console.log(line), width = 12 }: TerminalOptions = {}): ChartSink => {
    if (typeof write !== 'function') throw badArgument('terminalChart', 'write', 'a function of a line', write)
    wholeNumber('terminalChart', 'width', width, 1)
    return rows => {
      const last = rows.at(-1)
      if (last !== undefined) write(lineOf(rows.slice(-width), last))
    }
  },
)

const lineOf = (rows: readonly ChartRow[], { at, values: last }: ChartRow): string => {
  const parts = seriesIn(rows).flatMap(name => {
    const { [name]: now } = last
    const values = rows.flatMap(({ values: { [name]: value } }) => (value === undefined ? [] : [value]))
    return now === undefined ? [] : [`${name} ${shown(now)} ${sparkline(values)}`]
  })
  return [at, ...parts].join('  ')
}
