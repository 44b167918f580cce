import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { badArgument } from '../errors.js'
import { seriesIn, type ChartSink } from './rows.js'

/** The part of tfjs-vis that is used; anything of this shape will do. */
export interface TfvisLike {
  readonly render: {
    readonly linechart: (
      container: never,
      data: { values: { x: number; y: number }[][]; series?: string[] },
      options?: { xLabel?: string; yLabel?: string; zoomToFit?: boolean },
    ) => unknown
  }
}

/** Where `tfvisChart` draws. */
export interface TfvisOptions {
  /** where the chart of a series is drawn, an element or a surface; default the series' own surface in the tab */
  readonly container?: (series: string) => unknown
  /** the tab of the visor; default `training` */
  readonly tab?: string
  /** what the horizontal axis counts; default `epoch` */
  readonly xLabel?: string
}

const options: Names<TfvisOptions> = { container: '', tab: '', xLabel: '' }

export const isTfvis = (x: unknown): x is TfvisLike =>
  typeof x === 'object' &&
  x !== null &&
  'render' in x &&
  typeof x.render === 'object' &&
  x.render !== null &&
  'linechart' in x.render &&
  typeof x.render.linechart === 'function'

/**
 * A sink for `drawTraining` that draws a line chart for each series by tfjs-vis, in its visor or in elements of yours.
 * The package does not contain tfjs-vis: give it the module, or an object with the same `render.linechart`.
 *
 * Series have charts of their own, since a loss and a learning rate have no axis in common. Values that are not finite
 * are left out.
 *
 * @throws TypeError if `tfvis` has no `render.linechart`, or for a wrong option.
 * @example
 * import { tfvisChart } from 'tfjs-optax'
 * const drawn: unknown[] = []
 * const tfvis = { render: { linechart: (...given: unknown[]) => drawn.push(given) } } // import * as tfvis from '@tensorflow/tfjs-vis'
 * await tfvisChart(tfvis, { container: series => `#${series}` })([{ at: 1, values: { loss: 0.5 } }])
 * // drawn.length is 1
 */
export const tfvisChart = /* @__PURE__ */ checked(
  { who: 'tfvisChart', takes: ['tfvis'], options },
  (tfvis: TfvisLike, options: TfvisOptions = {}): ChartSink => {
    const who = 'tfvisChart'
    const { tab = 'training', xLabel = 'epoch', container = series => ({ name: series, tab }) } = options
    if (!isTfvis(tfvis)) throw badArgument(who, 'tfvis', 'tfjs-vis, or an object with render.linechart', tfvis)
    if (typeof container !== 'function') throw badArgument(who, 'container', 'a function of the series', container)
    return async rows => {
      for (const series of seriesIn(rows)) {
        const points = rows.flatMap(({ at, values: { [series]: y = NaN } }) =>
          Number.isFinite(y) ? [{ x: at, y }] : [],
        )
        const data = { values: [points], series: [series] }
        await tfvis.render.linechart(container(series) as never, data, { xLabel, yLabel: series, zoomToFit: true })
      }
    }
  },
)
