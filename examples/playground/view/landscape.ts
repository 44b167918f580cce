/** The landscape: contours once, and over them the trails as they grow. A click chooses another start. */
import * as Plot from '@observablehq/plot'
import { frameAtStep, type History } from '../core/race.js'
import { spaced, type Domain, type Place, type Surface, type World } from '../core/surface.js'
import { surfaceOf } from '../core/surfaces.js'
import { momentumOf, secondMomentOf } from '../core/terms.js'
import type { Model } from './app.js'
import { h, short } from './dom.js'
import { colourOf, symbolOf, thinned } from './marks.js'
import { picture } from './picture.js'

const margins = { marginLeft: 34, marginRight: 10, marginTop: 10, marginBottom: 26 }
const levels = 18

/** From the lowest to the highest of the levels, in colours that follow the scheme of the page. */
const ramp = Array.from({ length: levels + 1 }, (_, i) => {
  const share = Math.round((100 * i) / levels)
  return `color-mix(in oklab, var(--low) ${100 - share}%, var(--high))`
})

const centres = ([from, to]: readonly [number, number], n: number): readonly number[] =>
  spaced([from + (to - from) / (2 * n), to - (to - from) / (2 * n)], n)

const frameOfPlot = (surface: Surface, width: number, height: number): Plot.PlotOptions => ({
  width,
  height,
  ...margins,
  x: { domain: [...surface.domain.x], label: null, ticks: 6 },
  y: { domain: [...surface.domain.y], label: null, ticks: 6 },
})

/** The contours of a world; logarithms of heights, since landscapes rise by powers of ten. */
const contours = async (surface: Surface, world: World, width: number, height: number): Promise<Element> => {
  const n = surface.id === 'network' ? 28 : 160
  const heights = await world.heights(centres(surface.domain.x, n), centres(surface.domain.y, n))
  const lowest = heights.reduce((a, b) => Math.min(a, b), Infinity)
  const highest = heights.reduce((a, b) => Math.max(a, b), -Infinity)
  const sorted = Float32Array.from(heights).sort()
  // What is far below the usual height is one level: a grid cannot show the floor of a narrow valley.
  const usual = sorted[heights.length >> 1] ?? lowest
  const soft = (usual - lowest) * 2e-3 + 1e-9
  const logOf = (z: number): number => Math.log(z - lowest + soft)
  const logs = Array.from(heights, logOf)
  const [from, to] = [Math.log(soft), Math.log(highest - lowest + soft)]
  // Half by height and half by area, so that neither steep corners nor many pits take all levels.
  const thresholds = spaced([from, to], levels + 2)
    .slice(1, -1)
    .map((z, i) => (z + logOf(sorted[Math.floor((sorted.length * (i + 1)) / (levels + 1))] ?? lowest)) / 2)
  const [x1, x2] = surface.domain.x
  const [y1, y2] = surface.domain.y
  return picture(
    {
      ...frameOfPlot(surface, width, height),
      color: { type: 'threshold', domain: [...thresholds], range: [...ramp] },
      marks: [
        Plot.contour(logs, {
          width: n,
          height: n,
          x1,
          x2,
          y1,
          y2,
          fill: (z: number) => z,
          thresholds: [from - 1, ...thresholds],
          stroke: 'var(--contour)',
          strokeWidth: 0.5,
        }),
        Plot.frame({ stroke: 'var(--line)' }),
      ],
    },
    surface.title,
  )
}

interface Shown {
  readonly i: number
  readonly history: History
}

const inDomain = ([x, y]: Place, { x: [x1, x2], y: [y1, y2] }: Domain): boolean =>
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

const trails = ({ page, histories }: Model, surface: Surface, width: number, height: number): Element => {
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

export interface Landscape {
  readonly element: HTMLElement
  readonly draw: (model: Model) => void
}

/** The drawing; `choose` hears of a new start. */
export const landscapeOf = (choose: (place: Place) => void): Landscape => {
  const under = h('div', { class: 'under', 'aria-hidden': 'true' })
  const over = h('div', { class: 'over' })
  const about = h('p', { class: 'about' })
  const plot = h('div', { class: 'plot' }, under, over)
  const key = h(
    'p',
    { class: 'key' },
    'Ring: start. Cross: minimum. Arrow: momentum, against its mean gradient. Dashed ellipse: root of the second moment.',
  )
  const element = h(
    'figure',
    { class: 'landscape', 'aria-label': 'Landscape with the trails of all racers' },
    plot,
    h('figcaption', {}, about, key),
  )
  let last: Model | null = null
  let [drawn, width]: [World | null, number] = [null, 0]

  const sizes = (): readonly [number, number] => {
    const wide = Math.max(240, Math.floor(plot.clientWidth))
    return [wide, Math.round(Math.min(wide * 0.86, Math.max(300, innerHeight * 0.62)))]
  }
  const draw = (model: Model): void => {
    last = model
    const surface = surfaceOf(model.page.surface)
    if (surface === undefined) return
    const [wide, high] = sizes()
    const { world } = model
    if (about.textContent !== surface.about) about.textContent = surface.about
    key.hidden = !model.page.inner
    if (world !== null && (world !== drawn || wide !== width)) {
      ;[drawn, width] = [world, wide]
      void contours(surface, world, wide, high).then(svg => {
        if (drawn === world && width === wide) under.replaceChildren(svg)
      })
    }
    plot.style.height = `${high}px`
    over.replaceChildren(trails(model, surface, wide, high))
  }

  plot.addEventListener('click', event => {
    const surface = last === null ? undefined : surfaceOf(last.page.surface)
    if (surface === undefined) return
    const box = plot.getBoundingClientRect()
    const [wide, high] = sizes()
    const share = (at: number, from: number, to: number): number => (at - from) / (to - from)
    const [x1, x2] = surface.domain.x
    const [y1, y2] = surface.domain.y
    const across = share(event.clientX - box.left, margins.marginLeft, wide - margins.marginRight)
    const up = share(event.clientY - box.top, high - margins.marginBottom, margins.marginTop)
    const place = [x1 + across * (x2 - x1), y1 + up * (y2 - y1)].map(z => Number(z.toFixed(3)))
    const chosen: Place = [place[0] ?? 0, place[1] ?? 0]
    if (inDomain(chosen, surface.domain)) choose(chosen)
  })
  new ResizeObserver(() => {
    if (last !== null && sizes()[0] !== width) draw(last)
  }).observe(plot)
  return { element, draw }
}
