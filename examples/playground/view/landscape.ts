/** The landscape: contours once, and over them the trails as they grow. A click chooses another start. */
import * as Plot from '@observablehq/plot'
import { spaced, type Place, type Surface, type World } from '../core/surface.js'
import { surfaceOf } from '../core/surfaces.js'
import type { Model } from './app.js'
import { h } from './dom.js'
import { picture } from './picture.js'
import { frameOfPlot, inDomain, margins, trails } from './trails.js'

const levels = 18

/** From the lowest to the highest of the levels, in colours that follow the scheme of the page. */
const ramp = Array.from({ length: levels + 1 }, (_, i) => {
  const share = Math.round((100 * i) / levels)
  return `color-mix(in oklab, var(--low) ${100 - share}%, var(--high))`
})

const centres = ([from, to]: readonly [number, number], n: number): readonly number[] =>
  spaced([from + (to - from) / (2 * n), to - (to - from) / (2 * n)], n)

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

const textOf = ({ about }: Surface): string => `${about} Click for another start, or type one.`

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
    if (about.textContent !== textOf(surface)) about.textContent = textOf(surface)
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
