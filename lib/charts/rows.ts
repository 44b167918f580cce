/** What charts of a training are drawn from. */

/** Some numbers of one step or epoch. */
export interface ChartRow {
  /** the epoch or step, counted from 1 */
  readonly at: number
  /** loss, learningRate and so on by name */
  readonly values: Readonly<Record<string, number>>
}

/** Draws a training; it gets all rows so far, each time that there is a new one. */
export type ChartSink = (rows: readonly ChartRow[]) => void | Promise<void>

/** The names of all series, in the order in which they first come. */
export const seriesIn = (rows: readonly ChartRow[]): readonly string[] => [
  ...new Set(rows.flatMap(({ values }) => Object.keys(values))),
]

/** With more rows than `most`, every second one; the last one always. */
export const thinned = (rows: readonly ChartRow[], most: number): readonly ChartRow[] =>
  rows.length <= most ? rows : rows.filter((_, i) => (rows.length - 1 - i) % 2 === 0)
