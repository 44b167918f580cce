/** One racer from inside: its code, what it becomes on this backend, and its speed beside tfjs's own Adam. */
import { explain } from '../../../lib/index.js'
import { codeOf } from '../core/code.js'
import { nameOf } from '../core/edit.js'
import { speedOf } from '../core/speed.js'
import type { App, Model } from './app.js'
import { h, labelled, menu, short, valueOf } from './dom.js'
import type { Panel } from './settings.js'

const sides = [256, 1024] as const

export const insideView = (app: App, say: (text: string) => void): Panel => {
  const code = h('code', { id: 'code' })
  const plan = h('code', { id: 'plan' })
  const speed = h('p', { id: 'speed', class: 'speed' }, 'Not measured yet.')
  const who = h('select', {
    id: 'shown',
    change: event => {
      app.change({ ...app.model().page, shown: Number(valueOf(event)) })
    },
  })
  const size = menu(
    { id: 'size' },
    sides.map(side => [String(side), (side * side).toLocaleString('en')] as const),
    '256',
  )
  const measure = h(
    'button',
    {
      type: 'button',
      id: 'measure',
      click: () => {
        const { page } = app.model()
        const racer = page.racers[page.shown]
        if (racer === undefined) return
        app.pause()
        measure.disabled = true
        speed.textContent = 'Measuring …'
        const now = (): number => performance.now()
        const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0))
        app
          .settled()
          .then(() => speedOf(racer.chain.tx, { side: Number(size.value), budget: 900, now, pause }))
          .then(({ backend, parameters, ours, theirs, batches }) => {
            const ratio = theirs / ours
            const said = ratio >= 1 ? `${short(ratio)} times as fast as` : `${short(1 / ratio)} times as slow as`
            speed.textContent = `${nameOf(racer.chain.config)} is ${said} tf.train.adam on ${backend}: ${short(ours)} ms a step against ${short(theirs)} ms, over ${parameters.toLocaleString('en')} parameters, medians of ${batches} batches.`
            say(speed.textContent)
          })
          .catch((fault: unknown) => {
            speed.textContent = `It cannot be measured: ${fault instanceof Error ? fault.message : String(fault)}`
            say(speed.textContent)
          })
          .finally(() => {
            measure.disabled = false
          })
      },
    },
    'Measure',
  )
  const copy = h(
    'button',
    {
      type: 'button',
      id: 'copy-code',
      click: () => {
        navigator.clipboard.writeText(code.textContent).then(
          () => {
            say('The code is copied.')
          },
          () => {
            say('This browser does not let a page copy.')
          },
        )
      },
    },
    'Copy code',
  )
  const element = h(
    'section',
    { class: 'inside', 'aria-labelledby': 'inside-title' },
    h('h2', { id: 'inside-title' }, 'From inside'),
    labelled('Racer', who),
    h(
      'div',
      { class: 'columns' },
      h(
        'div',
        { class: 'card' },
        h('h3', {}, 'As code'),
        h('pre', { tabindex: 0, 'aria-label': 'Code of the chain' }, code),
        copy,
      ),
      h(
        'div',
        { class: 'card' },
        h('h3', {}, 'What it becomes here'),
        h('pre', { tabindex: 0, 'aria-label': 'Plan of the chain' }, plan),
      ),
      h(
        'div',
        { class: 'card' },
        h('h3', {}, 'Speed beside tf.train.adam'),
        h('div', { class: 'row' }, labelled('Parameters', size), measure),
        speed,
      ),
    ),
  )
  let seen: unknown = null
  let names = ''
  return {
    element,
    draw: ({ page, world }: Model) => {
      const listed = page.racers.map(({ chain }, i) => `${i + 1}: ${nameOf(chain.config)}`)
      if (listed.join() !== names) {
        names = listed.join()
        who.replaceChildren(...listed.map((text, i) => h('option', { value: i }, text)))
      }
      who.value = String(page.shown)
      const racer = page.racers[page.shown]
      if (racer === undefined || world === null) return
      const key = [racer.chain, world]
      if (Array.isArray(seen) && key.every((one, i) => one === (seen as unknown[])[i])) return
      seen = key
      code.textContent = codeOf(racer.chain.config)
      plan.textContent = planOf(() => explain(racer.chain.tx))
      speed.textContent = 'Not measured yet.'
    },
  }
}

const longestPlan = 20_000
const planOf = (make: () => string): string => {
  try {
    const text = make()
    return text.length <= longestPlan ? text : `${text.slice(0, longestPlan)}\n…`
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault)
  }
}
