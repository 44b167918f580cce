/** Learning curves: the loss of a run at each step on a logarithmic axis, beside that of plain descent. */
import { line, scale, ticksAround, type Point } from '../../train/svg.js'
import type { Run } from '../runs.js'
import { axes, bottom, left, picture, right, top } from './frame.js'

const least = 1e-6
const logOf = (loss: number): number => Math.log10(Math.max(loss, least))

/** The decades from the least loss of both to the greatest start. */
const decadesOf = (runs: readonly Run[]): readonly [number, number] => {
  const logs = runs.flatMap(({ losses }) => losses.map(logOf)).filter(Number.isFinite)
  const first = Math.max(...runs.map(({ losses }) => logOf(losses[0] ?? 1)))
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b), first))
  return [low, Math.max(low + 1, Math.ceil(first + 0.2))]
}

export const drawCurve = (title: string, own: Run, plain: Run): string => {
  const [low, high] = decadesOf([own, plain])
  const steps = plain.losses.length - 1
  const [x, across] = [scale([0, steps], [left, right]), scale([low, high], [bottom, top])]
  const y = (value: number): number => across(Math.log10(value))
  const pointsOf = ({ losses }: Run): readonly Point[] =>
    losses.map((loss, i): Point => [x(i), Math.max(top, across(logOf(loss)))])
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  const xs = ticksAround(0, steps, 3).filter(step => step <= steps)
  return picture(title, [
    ...axes(xs, decades, { x, y }),
    line(pointsOf(plain), 'class="plain"'),
    line(pointsOf(own), 'class="own"'),
  ])
}
