/** The curve of a schedule: its value at each count. */
import { line, scale, ticksAround, type Point } from '../../train/svg.js'
import type { Schedule } from 'tfjs-optax'
import { axes, bottom, left, picture, right, top } from './frame.js'

export const drawSchedule = (title: string, schedule: Schedule, steps: number): string => {
  const values = Array.from({ length: steps + 1 }, (_, count) => schedule(count))
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)] as const, [0, 1e-9])
  const ys = ticksAround(low, high, 4)
  const x = scale([0, steps], [left, right])
  const y = scale([ys[0] ?? low, ys.at(-1) ?? high], [bottom, top])
  const points = values.map((value, count): Point => [x(count), y(value)])
  const xs = ticksAround(0, steps, 4).filter(step => step <= steps)
  return picture(title, [...axes(xs, ys, { x, y }), line(points, 'class="own"')])
}
