/** Loss curves as SVG: each batch faint, their running mean as a line, the held-out text as circles. */
import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { either as E } from 'fp-ts'
import { reason } from './errors.js'
import type { Plan } from './plan.js'
import { finalLoss, type Named } from './report.js'
import { circle, label, line, scale, ticksAround, type Point, type Scale } from './svg.js'

const [width, height] = [760, 440]
const [left, right, top, bottom] = [62, width - 24, 64, height - 54]
const colours = ['#1668b8', '#d1622b']
/** more points than this are not told apart */
const mostPoints = 1500

interface Scales {
  readonly x: Scale
  readonly y: Scale
}

/** The running mean of a curve, over about a fiftieth of it. It starts at the first value, not at 0. */
const smooth = (values: readonly number[]): readonly number[] => {
  const keep = 1 - 1 / Math.max(1, values.length / 50)
  let [mean, weight] = [0, 0]
  return values.map(value => {
    mean = keep * mean + (1 - keep) * value
    weight = keep * weight + 1 - keep
    return mean / weight
  })
}

const axes = (xs: readonly number[], ys: readonly number[], { x, y }: Scales): readonly string[] => {
  const straight = (from: Point, to: Point, colour: string): string => line([from, to], `stroke="${colour}"`)
  const middle = `translate(18 ${(top + bottom) / 2}) rotate(-90)`
  return [
    ...ys.flatMap(value => [
      straight([left, y(value)], [right, y(value)], '#e4e7ea'),
      label([left - 10, y(value) + 4], String(Number(value.toPrecision(6))), 'text-anchor="end"'),
    ]),
    straight([left, bottom], [right, bottom], '#8a9199'),
    ...xs.flatMap(value => [
      straight([x(value), bottom], [x(value), bottom + 5], '#8a9199'),
      label([x(value), bottom + 20], value.toLocaleString('en-US'), 'text-anchor="middle"'),
    ]),
    label([(left + right) / 2, height - 14], 'step', 'text-anchor="middle"'),
    label([0, 0], 'bits per character', `transform="${middle}" text-anchor="middle"`),
  ]
}

const curve = ({ history: { loss, heldOut } }: Named, colour: string, { x, y }: Scales): readonly string[] => {
  const every = Math.ceil(loss.length / mostPoints)
  const pointsOf = (losses: readonly number[]): readonly Point[] =>
    losses.map((value, i): Point => [x(i + 1), y(value)]).filter((_, i) => i % every === 0)
  return [
    line(pointsOf(loss), `stroke="${colour}" stroke-opacity="0.22"`),
    line(pointsOf(smooth(loss)), `stroke="${colour}" stroke-width="2"`),
    ...heldOut.map(({ step, loss }) => circle([x(step), y(loss)], colour)),
  ]
}

/** Stands at the top right, where falling losses leave room. */
const legend = ({ name, history }: Named, colour: string, row: number): readonly string[] => {
  const [x, y] = [right - 290, top + 18 + 22 * row]
  const drawn: readonly Point[] = [
    [x, y],
    [x + 28, y],
  ]
  return [
    line(drawn, `stroke="${colour}" stroke-width="2"`),
    circle([x + 14, y], colour),
    label([x + 38, y + 4], `${name}: ${finalLoss(history)} held out`),
  ]
}

export const plot = (title: string, subtitle: string, curves: readonly Named[]): string => {
  const losses = curves.flatMap(({ history }) => [...history.loss, ...history.heldOut.map(({ loss }) => loss)])
  const lowest = losses.reduce((a, b) => Math.min(a, b))
  const highest = losses.reduce((a, b) => Math.max(a, b), lowest + 0.1)
  const steps = Math.max(...curves.map(({ history }) => history.loss.length))
  const xs = ticksAround(0, steps, 6).filter(step => step <= steps && Number.isInteger(step))
  const ys = ticksAround(lowest, highest, 6)
  const scales = { x: scale([0, steps], [left, right]), y: scale([ys[0] ?? 0, ys.at(-1) ?? 1], [bottom, top]) }
  const colourOf = (i: number): string => colours[i] ?? '#000'
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    '  font-family="system-ui, sans-serif" font-size="13" fill="#4a5158">',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    label([left, 28], title, 'font-size="17" font-weight="600" fill="#1d2227"'),
    label([left, 48], subtitle),
    ...axes(xs, ys, scales),
    ...curves.flatMap((each, i) => curve(each, colourOf(i), scales)),
    ...curves.flatMap((each, i) => legend(each, colourOf(i), i)),
    '</svg>',
    '',
  ].join('\n')
}

export const savePlot = (folder: string, { text }: Plan, curves: readonly Named[]): E.Either<string, void> =>
  E.tryCatch(
    () => {
      const subtitle = `${basename(text.path)}: each batch faint, their running mean as a line, held-out text as circles`
      writeFileSync(join(folder, 'loss.svg'), plot('Loss of the character transformer', subtitle, curves))
    },
    error => `cannot save the plot to ${folder}: ${reason(error)}`,
  )
