/** Lines of equal height of the valley, found by marching over squares; one file that all paths lie on. */
import { scale, type Point } from '../../train/svg.js'
import { height as heightAt } from '../problems.js'
import { height, width } from './frame.js'

/** The part of the plane that pictures of paths show. */
export const [west, east, south, north] = [-1.9, 1.9, -0.7, 2.4]
export const mapX = scale([west, east], [0, width])
export const mapY = scale([south, north], [height, 0])

const levels = [0.1, 0.3, 1, 3, 10, 30, 80]
const [columns, rows] = [76, 52]

interface Corner {
  readonly at: Point
  readonly z: number
}

const corner = (i: number, j: number): Corner => {
  const [x, y] = [west + ((east - west) * i) / columns, south + ((north - south) * j) / rows]
  return { at: [mapX(x), mapY(y)], z: heightAt(x, y) }
}

/** Where a line of this height crosses the edge between two corners; null if it does not. */
const crossing = (a: Corner, b: Corner, level: number): Point | null => {
  if (a.z < level === b.z < level) return null
  const share = (level - a.z) / (b.z - a.z)
  return [a.at[0] + share * (b.at[0] - a.at[0]), a.at[1] + share * (b.at[1] - a.at[1])]
}

const inSquare = (i: number, j: number, level: number): string => {
  const [a, b, c, d] = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)]
  const met = [crossing(a, b, level), crossing(b, c, level), crossing(c, d, level), crossing(d, a, level)]
  const points = met.filter(point => point !== null).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`)
  return points.length < 2 ? '' : `M${points.slice(0, 2).join('L')}`
}

/** The lines as a file of their own. Their grey is seen on light and dark pages. */
export const contours = (): string => {
  const squares = Array.from({ length: columns * rows }, (_, k): Point => [k % columns, Math.floor(k / columns)])
  const paths = levels.map(level => `<path d="${squares.map(([i, j]) => inSquare(i, j, level)).join('')}"/>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" fill="none" stroke="#8a94a0" stroke-opacity=".55">`,
    ...paths,
    '</svg>',
    '',
  ].join('\n')
}
