/** The trails over a landscape, with momentum and second moment where each racer is. */
import * as Plot from '@observablehq/plot'
import { frameAtStep, type History } from '../core/race.js'
import { spaced, type Domain, type Place, type Surface } from '../core/surface.js'
import { momentumOf, secondMomentOf } from '../core/terms.js'
import type { Model } from './app.js'
import { short } from './dom.js'
import { colourOf, symbolOf, thinned } from './marks.js'
import { picture } from './picture.js'

/** The room of the axes. */
export const margins = { marginLeft: 34, marginRight: 10, marginTop: 10, marginBottom: 26 }
/** What both layers of a landscape have in common. */
export const frameOfPlot = (surface: Surface, width: number, height: number): Plot.PlotOptions => ({
  width,
  height,
  ...margins,
  x: { domain: [...surface.domain.x], label: null, ticks: 6 },
  y: { domain: [...surface.domain.y], label: null, ticks: 6 },
})

interface Shown {
  readonly i: number
  readonly history: History
}

export const inDomain = ([x, y]: Place, { x: [x1, x2], y: [y1, y2] }: Domain): boolean =>
  x >= x1 && x <= x2 && y >= y1 && y <= y2

/** The greatest norm of a term in a history so far. */
const greatest = ({ frames }: History, at: number, of: typeof momentumOf): number =>
  thinned(frames.slice(0, at + 1), 60).reduce(
    (most, frame) => Math.max(most, Math.hypot(...(of(frame)?.values ?? []))),
    0,
  )

/** The size in which a norm is drawn: its root beside that of the greatest, so that small ones are still seen. */
const share = (norm: number, most: number): number => (most === 0 ? 0 : Math.max(0.2, Math.sqrt(norm / most)))

/** Arrows of momentum, and ellipses as wide as the roots of the second moment, as shares of the greatest so far. */
const innerMarks = (shown: readonly Shown[], at: number, surface: Surface): Plot.Markish[] => {
  const size = (surface.domain.x[1] - surface.domain.x[0]) * 0.11
  return shown.flatMap(({ i, history }): Plot.Markish[] => {
    const frame = frameAtStep(history, at)
    if (frame === undefined || !inDomain(frame.place, surface.domain)) return []
    const [x, y] = frame.place
    const pair = (values: readonly number[] | undefined): readonly [number, number] | null =>
      values?.length === 2 ? [values[0] ?? 0, values[1] ?? 0] : null
    const momentum = pair(momentumOf(frame)?.values)
    const second = pair(secondMomentOf(frame)?.values)
    const marks: Plot.Markish[] = []
    if (second !== null) {
      const [a, b] = second.map(z => Math.sqrt(Math.max(z, 0))) as [number, number]
      const wide = 0.6 * size * share(Math.hypot(...second), greatest(history, at, secondMomentOf))
      const scale = wide / Math.max(a, b, 1e-30)
      const round = spaced([0, 2 * Math.PI], 49).map(turn => [
        x + Math.max(a * scale, size * 0.02) * Math.cos(turn),
        y + Math.max(b * scale, size * 0.02) * Math.sin(turn),
      ])
      marks.push(Plot.line(round, { stroke: colourOf(i), strokeWidth: 1.5, strokeDasharray: '3 3', clip: true }))
    }
    if (momentum !== null) {
      const length = Math.hypot(...momentum)
      if (length > 0) {
        const long = size * share(length, greatest(history, at, momentumOf))
        const to = [x - (momentum[0] / length) * long, y - (momentum[1] / length) * long]
        const arrow = {
          x1: x,
          y1: y,
          x2: to[0] ?? x,
          y2: to[1] ?? y,
          strokeWidth: 2,
          headLength: 9,
          clip: true,
        } as const
        marks.push(Plot.link([0], { ...arrow, stroke: 'var(--halo)', strokeWidth: 4.5 }))
        marks.push(Plot.arrow([0], { ...arrow, headLength: 9, stroke: colourOf(i) }))
      }
    }
    return marks
  })
}

export const trails = ({ page, histories }: Model, surface: Surface, width: number, height: number): Element => {
  const shown = histories.flatMap((history, i): Shown[] => (history === null ? [] : [{ i, history }]))
  const marks = shown.flatMap(({ i, history }): Plot.Markish[] => {
    const places = thinned(
      history.frames.slice(0, page.at + 1).map(({ place }) => [...place]),
      400,
    ).map(one => [...one])
    const now = places.at(-1)
    if (now === undefined) return []
    const line = { strokeLinejoin: 'round', strokeLinecap: 'round', clip: true } as const
    return [
      Plot.line(places, { stroke: 'var(--halo)', strokeWidth: 4, strokeOpacity: 0.7, ...line }),
      Plot.line(places, { stroke: colourOf(i), strokeWidth: 2, ...line }),
      ...(places.length < 60 ? [Plot.dot(places, { r: 1.8, fill: colourOf(i), clip: true })] : []),
    ]
  })
  const heads = shown.flatMap(({ i, history }): Plot.Markish[] => {
    const place = frameAtStep(history, page.at)?.place
    if (place === undefined || !inDomain(place, surface.domain)) return []
    return [
      Plot.dot([[...place]], { symbol: symbolOf(i), r: 7, fill: colourOf(i), stroke: 'var(--halo)', strokeWidth: 1.5 }),
      Plot.text([[...place]], {
        text: [String(i + 1)],
        dy: -15,
        fill: colourOf(i),
        stroke: 'var(--halo)',
        strokeWidth: 4,
        fontWeight: 700,
        fontSize: 13,
      }),
    ]
  })
  return picture(
    {
      ...frameOfPlot(surface, width, height),
      style: { background: 'transparent' },
      x: { domain: [...surface.domain.x], axis: null },
      y: { domain: [...surface.domain.y], axis: null },
      marks: [
        Plot.dot(
          surface.minima.map(one => [...one]),
          { symbol: 'times', r: 6, stroke: 'var(--ink)', strokeWidth: 2 },
        ),
        ...marks,
        Plot.dot([[...page.start]], { r: 5, stroke: 'var(--ink)', strokeWidth: 2, fill: 'none' }),
        ...(page.inner ? innerMarks(shown, page.at, surface) : []),
        ...heads,
      ],
    },
    describe(page.at, surface, shown),
  )
}

const describe = (at: number, { title }: Surface, shown: readonly Shown[]): string =>
  `${title} at step ${at}. ${shown
    .map(({ i, history }) => {
      const frame = frameAtStep(history, at)
      return frame === undefined
        ? `Racer ${i + 1} has not begun.`
        : `Racer ${i + 1} is at ${frame.place.map(short).join(', ')}, loss ${short(frame.loss)}.`
    })
    .join(' ')}`
