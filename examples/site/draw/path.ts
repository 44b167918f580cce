/** Paths through the valley: where a run was after each step, beside plain descent. */
import { line, type Point } from '../../train/svg.js'
import type { Path } from '../problems.js'
import type { Run } from '../runs.js'
import { mapX, mapY } from './contours.js'
import { height, picture, width } from './frame.js'

/** Far outside the picture a coordinate is cut off, since renderers take no huge numbers. */
const near = (value: number): number => Math.min(Math.max(value, -5 * width), 5 * width)

export const pointsOf = (run: Run, { placeOf }: Path): readonly Point[] =>
  run.places
    .map(placeOf)
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
    .map(([x, y]): Point => [near(mapX(x)), near(mapY(y))])

const dot = ([x, y]: Point, kind: string, radius: number): string =>
  `<circle class="${kind}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}"/>`

const goal = (): string => {
  const [x, y] = [mapX(1), mapY(1)]
  return `<path class="goal" d="M${x - 6} ${y}H${x + 6}M${x} ${y - 6}V${y + 6}"/>`
}

/** `assets` is the way from the page to the folder of the lines below. */
const ground = (assets: string): string =>
  `<image href="${assets}/valley.svg" x="0" y="0" width="${width}" height="${height}"/>`

export const drawPath = (title: string, own: readonly Point[], plain: readonly Point[], assets: string): string =>
  picture(title, [
    ground(assets),
    line(plain, 'class="plain"'),
    line(own, 'class="own"'),
    ...own.slice(0, 60).map(point => dot(point, 'step', 1.8)),
    ...own.slice(0, 1).map(point => dot(point, 'start', 4)),
    goal(),
  ])

/** A small picture of the path alone, for cards. */
export const drawCard = (title: string, own: readonly Point[], assets: string): string =>
  picture(title, [ground(assets), line(own, 'class="own"'), goal()])
