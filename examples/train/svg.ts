/** Pieces of an SVG plot: text, lines, scales and round numbers for axes. */
export type Point = readonly [x: number, y: number]
export type Scale = (value: number) => number

const escape = (text: string): string => text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)

export const label = ([x, y]: Point, text: string, attributes = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(text)}</text>`

export const line = (points: readonly Point[], attributes: string): string => {
  const places = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  return `<polyline points="${places}" fill="none" stroke-linejoin="round" ${attributes}/>`
}

export const circle = ([x, y]: Point, colour: string): string =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="#fff" stroke="${colour}" stroke-width="2"/>`

/** The linear map that takes one interval to another. */
export const scale = (from: Point, to: Point): Scale => {
  const slope = (to[1] - to[0]) / (from[1] - from[0])
  return value => to[0] + (value - from[0]) * slope
}

/** Round numbers around `low` to `high`, about `count` of them: 1, 2 or 5 times a power of ten apart. */
export const ticksAround = (low: number, high: number, count: number): readonly number[] => {
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find(factor => factor * power >= rough) ?? 10)
  const first = Math.floor(low / step)
  return Array.from({ length: Math.ceil(high / step - 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}
