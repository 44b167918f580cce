/** The data of a classifier, and where each racer's network draws the line between the classes. */
import * as Plot from '@observablehq/plot'
import type { Params } from '../core/surface.js'
import { spaced } from '../core/surface.js'
import { restored } from '../core/kept.js'
import { frameAtStep } from '../core/race.js'
import { disposeTree } from '../../../lib/index.js'
import type { Model } from './app.js'
import { h } from './dom.js'
import { colourOf } from './marks.js'
import { picture } from './picture.js'
import type { Panel } from './settings.js'

const n = 40

const wider = ([from, to]: readonly [number, number]): readonly [number, number] => {
  const more = 0.08 * (to - from)
  return [from - more, to + more]
}

export const boundariesView = (): Panel => {
  const plot = h('div', {})
  const element = h(
    'figure',
    { class: 'boundaries', 'aria-label': 'Data and boundaries' },
    h('figcaption', {}, h('strong', {}, 'Data'), ' two classes of points, and where each network draws the line'),
    plot,
  )
  let turn = 0
  const draw = async (model: Model, mine: number): Promise<void> => {
    const classifier = model.world?.classifier ?? null
    if (classifier === null) return
    const { domain, points, says } = classifier
    // Wider than what is shown: contours are closed along the edges of their grid.
    const [wideX, wideY] = [wider(domain.x), wider(domain.y)]
    const [xs, ys] = [spaced(wideX, n), spaced(wideY, n)]
    const grids: (readonly [number, Float32Array])[] = []
    for (const [i, history] of model.histories.entries()) {
      const frame = history === null ? undefined : frameAtStep(history, model.page.at)
      if (frame === undefined) continue
      const params = restored(frame.params) as Params
      try {
        grids.push([i, await says(params, xs, ys)])
      } finally {
        disposeTree(params)
      }
      if (mine !== turn) return
    }
    const width = Math.max(240, Math.min(plot.clientWidth, 460))
    const [x1, x2] = domain.x
    const [y1, y2] = domain.y
    const box = { width: n, height: n, x1: wideX[0], x2: wideX[1], y1: wideY[0], y2: wideY[1], clip: true } as const
    plot.replaceChildren(
      picture(
        {
          width,
          height: width * 0.8,
          x: { domain: [x1, x2], label: null },
          y: { domain: [y1, y2], label: null },
          marks: [
            Plot.frame({ stroke: 'var(--line)' }),
            Plot.dot(points, {
              x: 'x',
              y: 'y',
              symbol: ({ label }: (typeof points)[number]) => (label > 0 ? 'circle' : 'triangle'),
              stroke: 'var(--soft)',
              r: 4,
            }),
            ...grids.map(([i, values]) =>
              Plot.contour(values, { ...box, thresholds: [0], fill: 'none', stroke: colourOf(i), strokeWidth: 2.5 }),
            ),
          ],
        },
        `${points.length} points of two classes at step ${model.page.at}, with the boundary of each of ${grids.length} racers`,
      ),
    )
  }
  return {
    element,
    draw: model => {
      element.hidden = model.page.surface !== 'network'
      turn += 1
      if (!element.hidden) void draw(model, turn)
    },
  }
}
