/** What the race runs on and how far, and the buttons that run it. */
import { backends, mostSteps, type BackendName, type Page } from '../core/page.js'
import type { Place } from '../core/surface.js'
import { surfaceOf, surfaces } from '../core/surfaces.js'
import type { App, Model } from './app.js'
import { h, labelled, menu, valueOf } from './dom.js'

export interface Panel {
  readonly element: HTMLElement
  readonly draw: (model: Model) => void
}

const setValue = (field: HTMLInputElement | HTMLSelectElement, value: string): void => {
  if (document.activeElement !== field && field.value !== value) field.value = value
}

export const settingsView = (app: App, say: (text: string) => void): Panel => {
  const change = (part: Partial<Page>): void => {
    app.change({ ...app.model().page, ...part })
  }
  /** A whole number in a range, else a message and the old value. */
  const whole = (name: string, from: number, to: number, use: (x: number) => void) => (event: Event) => {
    const x = Number(valueOf(event))
    if (Number.isInteger(x) && x >= from && x <= to) use(x)
    else say(`${name}: expected a whole number from ${from} to ${to}.`)
  }
  const surface = menu(
    {
      id: 'surface',
      change: event => {
        const chosen = surfaceOf(valueOf(event))
        if (chosen !== undefined) change({ surface: chosen.id, start: chosen.start, at: 0 })
      },
    },
    surfaces.map(({ id, title }) => [id, title] as const),
    app.model().page.surface,
  )
  const backend = menu(
    {
      id: 'backend',
      change: event => {
        change({ backend: backends.find(one => one === valueOf(event)) ?? 'cpu' })
      },
    },
    backends.map((one: BackendName) => [one, one] as const),
    app.model().page.backend,
  )
  const number = (id: string, attributes: Readonly<Record<string, number | string>>, listen: (event: Event) => void) =>
    h('input', { id, type: 'number', ...attributes, change: listen })
  const steps = number(
    'steps',
    { min: 1, max: mostSteps, step: 1 },
    whole('Steps', 1, mostSteps, x => {
      const { at, racers } = app.model().page
      const last = Math.max(1, ...racers.map(({ branch }) => branch?.at ?? 0))
      if (x < last) say(`Steps: a branch begins at step ${last}.`)
      else change({ steps: x, at: Math.min(at, x) })
    }),
  )
  const seed = number(
    'seed',
    { min: 0, max: 4294967295, step: 1 },
    whole('Seed', 0, 4294967295, x => {
      change({ seed: x })
    }),
  )
  const startField = (id: string, axis: 0 | 1) =>
    number(id, { step: 'any' }, event => {
      const { page } = app.model()
      const { domain } = surfaceOf(page.surface) ?? { domain: { x: [0, 0], y: [0, 0] } as const }
      const [from, to] = axis === 0 ? domain.x : domain.y
      const x = valueOf(event) === '' ? NaN : Number(valueOf(event))
      if (!(x >= from && x <= to)) {
        say(`Start: expected a number from ${from} to ${to}.`)
        return
      }
      const start: Place = axis === 0 ? [x, page.start[1]] : [page.start[0], x]
      change({ start, at: 0 })
    })
  const [x, y] = [startField('start-x', 0), startField('start-y', 1)]
  const inner = h('input', {
    id: 'inner',
    type: 'checkbox',
    change: event => {
      change({ inner: (event.target as HTMLInputElement).checked })
    },
  })
  const share = h(
    'button',
    {
      type: 'button',
      id: 'share',
      click: () => {
        navigator.clipboard.writeText(location.href).then(
          () => {
            say('The address of this race is copied.')
          },
          () => {
            say('This browser does not let a page copy; the address line has the whole race.')
          },
        )
      },
    },
    'Copy link',
  )
  const element = h(
    'section',
    { class: 'card settings', 'aria-labelledby': 'settings-title' },
    h('h2', { id: 'settings-title' }, 'Landscape'),
    labelled('Surface', surface),
    h('div', { class: 'row' }, labelled('Start x', x), labelled('Start y', y)),
    h('div', { class: 'row' }, labelled('Steps', steps), labelled('Seed', seed)),
    labelled('Backend', backend),
    h('div', { class: 'check' }, inner, h('label', { for: 'inner' }, 'Draw inner terms'), share),
  )
  return {
    element,
    draw: ({ page }) => {
      setValue(surface, page.surface)
      setValue(backend, page.backend)
      setValue(steps, String(page.steps))
      setValue(seed, String(page.seed))
      setValue(x, String(page.start[0]))
      setValue(y, String(page.start[1]))
      inner.checked = page.inner
    },
  }
}

/** Run, step, and the slider through time. */
export const transportView = (app: App): Panel => {
  const goTo = (at: number): void => {
    app.pause()
    const { page } = app.model()
    app.change({ ...page, at: Math.max(0, Math.min(page.steps, at)) })
  }
  const by = (steps: number) => (): void => {
    goTo(app.model().page.at + steps)
  }
  const run = h('button', {
    type: 'button',
    id: 'run',
    class: 'main',
    click: () => {
      ;(app.model().isPlaying ? app.pause : app.play)()
    },
  })
  const slider = h('input', {
    id: 'time',
    type: 'range',
    min: 0,
    step: 1,
    'aria-label': 'Step that is shown',
    input: event => {
      goTo(Number(valueOf(event)))
    },
  })
  const count = h('output', { for: 'time', id: 'count' })
  const element = h(
    'div',
    { class: 'transport', role: 'group', 'aria-label': 'Time' },
    run,
    h(
      'button',
      {
        type: 'button',
        id: 'to-start',
        'aria-label': 'Back to the start',
        title: 'Back to the start',
        click: () => {
          goTo(0)
        },
      },
      '|◀',
    ),
    h(
      'button',
      { type: 'button', id: 'back', 'aria-label': 'One step back', title: 'One step back', click: by(-1) },
      '◀',
    ),
    h('button', { type: 'button', id: 'step', 'aria-label': 'One step', title: 'One step', click: by(1) }, '▶'),
    slider,
    count,
  )
  return {
    element,
    draw: ({ page, isPlaying }) => {
      const text = isPlaying ? 'Pause' : page.at >= page.steps ? 'Run again' : 'Run'
      if (run.textContent !== text) run.textContent = text
      slider.max = String(page.steps)
      slider.value = String(page.at)
      slider.setAttribute('aria-valuetext', `step ${page.at} of ${page.steps}`)
      count.textContent = `${page.at} / ${page.steps}`
    },
  }
}
