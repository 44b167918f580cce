/** Loss, rate, norms and inner terms over the steps, up to the step that is shown. */
import * as Plot from '@observablehq/plot'
import type { Frame } from '../core/frame.js'
import { nameOf } from '../core/edit.js'
import { frameAtStep } from '../core/race.js'
import { rateOf, termsOf } from '../core/terms.js'
import type { Model } from './app.js'
import { fill, h, short } from './dom.js'
import { colourOf, thinned } from './marks.js'
import { picture } from './picture.js'

interface Line {
  readonly i: number
  readonly points: readonly (readonly [step: number, value: number])[]
  readonly isDashed?: boolean
}

interface Chart {
  readonly title: string
  readonly note: string
  readonly isLog: boolean
  readonly lines: readonly Line[]
}

const mostPoints = 260

const lineOf =
  ({ page, histories }: Model) =>
  (of: (frame: Frame) => number | null, isDashed = false): readonly Line[] =>
    histories.flatMap((history, i): Line[] => {
      if (history === null) return []
      const points = thinned(history.frames.slice(0, page.at + 1), mostPoints).flatMap((frame): [number, number][] => {
        const value = of(frame)
        return value === null || !Number.isFinite(value) ? [] : [[frame.step, value]]
      })
      return points.length === 0 ? [] : [{ i, points, isDashed }]
    })

/** The names of all slots that any racer keeps, in the order in which they come. */
const slotNames = ({ histories }: Model): readonly string[] => [
  ...new Set(
    histories.flatMap(history =>
      (history?.frames[0] === undefined ? [] : termsOf(history.frames[0])).map(({ name }) => name),
    ),
  ),
]

const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))

const termNamed = (name: string) => (frame: Frame) => termsOf(frame).find(term => term.name === name)?.values ?? null

/** One chart for each slot: its elements where there are one or two, else its norm. */
const slotChart =
  (model: Model) =>
  (name: string): Chart => {
    const of = termNamed(name)
    const sizes = model.histories.flatMap(history => {
      const [first] = history?.frames ?? []
      const values = first === undefined ? null : of(first)
      return values === null ? [] : [values.length]
    })
    const size = Math.max(...sizes)
    const at = (k: number) => (frame: Frame) => of(frame)?.[k] ?? null
    const line = lineOf(model)
    if (size > 2)
      return {
        title: name,
        note: 'norm over all elements',
        isLog: false,
        lines: line(frame => {
          const values = of(frame)
          return values === null ? null : norm(values)
        }),
      }
    return {
      title: name,
      note: size === 2 ? 'x solid, y dashed' : 'one number',
      isLog: false,
      lines: [...line(at(0)), ...(size === 2 ? line(at(1), true) : [])],
    }
  }

const chartsOf = (model: Model): readonly Chart[] => {
  const line = lineOf(model)
  return [
    { title: 'Loss', note: 'without noise', isLog: true, lines: line(({ loss }) => loss) },
    { title: 'Learning rate', note: 'of the next step', isLog: false, lines: line(rateOf) },
    {
      title: 'Norms',
      note: 'gradient solid, step dashed',
      isLog: true,
      lines: [...line(({ gradientNorm }) => gradientNorm), ...line(({ moved }) => (moved > 0 ? moved : null), true)],
    },
    ...slotNames(model).slice(0, 6).map(slotChart(model)),
  ]
}

const smallest = 1e-12

const isPowerOfTen = (x: number): boolean => Math.abs(Math.log10(x) - Math.round(Math.log10(x))) < 1e-9

const svgOf = ({ title, isLog, lines }: Chart, { page }: Model, width: number): Element => {
  const shown = lines.map(line => ({
    ...line,
    points: isLog ? line.points.map(([x, y]) => [x, Math.max(y, smallest)] as const) : line.points,
  }))
  const ends = shown.flatMap(({ i, points, isDashed }) => {
    const last = points.at(-1)
    return last === undefined || isDashed === true ? [] : [{ i, x: last[0], y: last[1] }]
  })
  const said = ends.map(({ i, y }) => `racer ${i + 1} ${short(y)}`).join(', ')
  return picture(
    {
      width,
      height: 170,
      marginLeft: 48,
      marginRight: 22,
      marginTop: 8,
      marginBottom: 24,
      x: { domain: [0, page.steps], label: null, ticks: 5 },
      y: {
        type: isLog ? 'log' : 'linear',
        label: null,
        ticks: 4,
        tickFormat: (x: number) => (isLog && !isPowerOfTen(x) ? '' : short(x)),
        grid: true,
        nice: true,
      },
      marks: [
        Plot.ruleX([page.at], { stroke: 'var(--soft)', strokeDasharray: '2 3' }),
        ...shown.map(({ i, points, isDashed }) =>
          Plot.line(
            points.map(one => [...one]),
            { stroke: colourOf(i), strokeWidth: 1.8, ...(isDashed === true ? { strokeDasharray: '4 3' } : {}) },
          ),
        ),
        ...ends.map(({ i, x, y }) =>
          Plot.text([[x, y]], {
            text: [String(i + 1)],
            dx: 9,
            fill: colourOf(i),
            stroke: 'var(--card)',
            strokeWidth: 4,
            fontWeight: 700,
            fontSize: 12,
          }),
        ),
      ],
    },
    `${title} up to step ${page.at}: ${said === '' ? 'nothing to show' : said}`,
  )
}

export interface Charts {
  readonly element: HTMLElement
  readonly draw: (model: Model) => void
}

export const chartsView = (): Charts => {
  const grid = h('div', { class: 'charts' })
  const element = h(
    'section',
    { 'aria-labelledby': 'charts-title' },
    h('h2', { id: 'charts-title' }, 'As it moves'),
    grid,
  )
  return {
    element,
    draw: model => {
      const columns = grid.clientWidth < 560 ? 1 : grid.clientWidth < 780 ? 2 : 3
      grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`
      const width = Math.max(220, Math.floor((grid.clientWidth - (columns - 1) * 12) / columns) - 26)
      fill(
        grid,
        ...chartsOf(model).map(chart =>
          h(
            'figure',
            { class: 'card chart' },
            h('figcaption', {}, h('strong', {}, chart.title), ` ${chart.note}`),
            svgOf(chart, model, width) as SVGElement,
          ),
        ),
      )
    },
  }
}

const rows = (model: Model): readonly HTMLElement[] =>
  model.page.racers.map(({ chain }, i) => {
    const history = model.histories[i] ?? null
    const frame = history === null ? undefined : frameAtStep(history, model.page.at)
    const cells =
      frame === undefined
        ? Array.from({ length: 6 }, () => '–')
        : [
            short(frame.loss),
            frame.place.map(short).join(', '),
            short(rateOf(frame)),
            short(frame.gradientNorm),
            short(frame.moved),
            termsOf(frame)
              .map(
                ({ path, values }) =>
                  `${path} ${values.length > 2 ? `norm ${short(norm(values))}` : values.map(short).join(', ')}`,
              )
              .join('; '),
          ]
    return h(
      'tr',
      {},
      h(
        'th',
        { scope: 'row' },
        h('span', { class: 'swatch', style: `--own: ${colourOf(i)}`, 'aria-hidden': 'true' }),
        `${i + 1} `,
        h('span', { class: 'who' }, nameOf(chain.config)),
        frame !== undefined && frame.step < model.page.at ? ` at step ${frame.step}` : null,
      ),
      ...cells.map(text => h('td', {}, text)),
    )
  })

/** The numbers of the step that is shown, as a table. */
export const tableView = (): Charts => {
  const body = h('tbody')
  const caption = h('caption', {}, '')
  const heads = ['Racer', 'Loss', 'Place', 'Rate', 'Gradient', 'Step length', 'Inner terms']
  const head = h('thead', {}, h('tr', {}, ...heads.map(text => h('th', { scope: 'col' }, text))))
  const table = h('table', { id: 'numbers' }, caption, head, body)
  const element = h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Numbers of this step' },
    table,
  )
  return {
    element,
    draw: model => {
      caption.textContent = `All racers at step ${model.page.at}`
      fill(body, ...rows(model))
    },
  }
}
