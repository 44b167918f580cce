/** The page: reads the address, puts the parts together, and keeps the address up to date. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { either as E } from 'fp-ts'
import { fragmentOf, pageOfFragment } from '../core/address.js'
import { defaultPage } from '../core/defaults.js'
import type { Page } from '../core/page.js'
import { frameAtStep } from '../core/race.js'
import { appOf, tensorsHeld, type Model } from './app.js'
import { boundariesView } from './boundaries.js'
import { chartsView, tableView } from './charts.js'
import { fill, h, short } from './dom.js'
import { insideView } from './inside.js'
import { landscapeOf } from './landscape.js'
import { racersView } from './racers.js'
import { settingsView, transportView } from './settings.js'

tf.env().set('PROD', true)

/** The page of the address, or the one without an address and what is wrong. */
const opened = (): readonly [Page, readonly string[]] => {
  const read = pageOfFragment(location.hash)
  if (read === null) return [defaultPage(), []]
  return E.isRight(read) ? [read.right, []] : [defaultPage(), read.left]
}

const root = document.getElementById('app')
if (root === null) throw new Error('the page has no #app')

const live = h('p', { id: 'said', class: 'said', role: 'status', 'aria-live': 'polite' })
const alerts = h('div', { id: 'alert', role: 'alert' })
const say = (text: string): void => {
  live.textContent = text
}
const warn = (lines: readonly string[], instead: string): void => {
  const most = 6
  fill(
    alerts,
    lines.length === 0
      ? null
      : h(
          'div',
          { class: 'card alert' },
          h('p', {}, h('strong', {}, `This address does not describe a race, so ${instead}.`)),
          h('ul', {}, ...lines.slice(0, most).map(line => h('li', {}, line.slice(0, 300)))),
          lines.length > most ? h('p', {}, `and ${lines.length - most} more`) : null,
        ),
  )
}

let last: Model | null = null
let drawnAt = 0
/** Charts take longer than trails: while the race runs they are drawn a few times a second. */
const chartsEvery = 140

const draw = (model: Model, isFinal: boolean): void => {
  last = model
  for (const part of always) part.draw(model)
  if (isFinal || performance.now() - drawnAt > chartsEvery) {
    for (const part of seldom) part.draw(model)
    drawnAt = performance.now()
  }
  if (isFinal) {
    document.body.dataset['step'] = String(model.page.at)
    say(summaryOf(model))
  } else delete document.body.dataset['step']
  later()
}

const summaryOf = ({ page, histories }: Model): string =>
  `Step ${page.at}: ${histories
    .map((history, i) => {
      const frame = history === null ? undefined : frameAtStep(history, page.at)
      const stopped = history?.fault == null ? '' : ', stopped'
      return `racer ${i + 1} loss ${short(frame?.loss ?? null)}${stopped}`
    })
    .join('; ')}.`

let timer: ReturnType<typeof setTimeout> | null = null
let written = location.hash
/** The address follows, but not at every frame: browsers refuse more than some changes a second. */
const later = (): void => {
  timer ??= setTimeout(() => {
    timer = null
    if (last === null) return
    written = fragmentOf(last.page)
    history.replaceState(null, '', written)
  }, 500)
}

const [first, faults] = opened()
const app = appOf(first, { draw, say })
const landscape = landscapeOf(start => {
  app.pause()
  app.change({ ...app.model().page, start, at: 0 })
  app.play()
})
const transport = transportView(app)
const settings = settingsView(app, say)
const racers = racersView(app, say)
const charts = chartsView()
const table = tableView()
const inside = insideView(app, say)
const boundaries = boundariesView()
const always = [landscape, transport]
const seldom = [settings, racers, charts, table, inside, boundaries]

root.replaceChildren(
  alerts,
  h(
    'div',
    { class: 'layout' },
    h('div', { class: 'side' }, settings.element, racers.element),
    h(
      'div',
      { class: 'stage' },
      h(
        'section',
        { id: 'race', class: 'card race', 'aria-labelledby': 'race-title' },
        h('h2', { id: 'race-title', class: 'visually-hidden' }, 'Race'),
        h('div', { class: 'views' }, landscape.element, boundaries.element),
        transport.element,
        live,
      ),
      table.element,
      charts.element,
      inside.element,
    ),
  ),
)
warn(faults, 'here is the usual one')
draw(app.model(), false)

addEventListener('hashchange', () => {
  if (location.hash === written) return
  const [page, lines] = opened()
  warn(lines, 'the race stays as it is')
  app.pause()
  if (lines.length === 0) app.change(page)
  else later()
})
addEventListener('resize', () => {
  if (last !== null) for (const part of seldom) part.draw(last)
})

/** For tests: what the page computed, and how many tensors it holds. */
Object.assign(globalThis, { playground: { model: app.model, settled: app.settled, tensorsHeld } })
