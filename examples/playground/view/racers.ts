/** A card for each racer: its chain as menus and as config, what is wrong with it, and its branches. */
import { either as E } from 'fp-ts'
import { parse } from '../../../lib/config/kind.js'
import type { Json } from '../../../lib/config.js'
import { groups } from '../core/catalogue.js'
import { chainOf, mostConfig } from '../core/chain.js'
import { begunChain } from '../core/defaults.js'
import { nameOf, replacedAt, withChain, withoutRacer, withRacer, type JsonPath } from '../core/edit.js'
import { mostRacers, type Page } from '../core/page.js'
import type { Racer } from '../core/race.js'
import type { App, Model } from './app.js'
import { fill, h, labelled, menu } from './dom.js'
import { linkFields } from './editor.js'
import { colourOf } from './marks.js'

interface Card {
  readonly racer: Racer
  readonly element: HTMLElement
  readonly update: (model: Model) => void
}

export interface Racers {
  readonly element: HTMLElement
  readonly draw: (model: Model) => void
}

const originOf = ({ branch }: Racer): string =>
  branch === null ? '' : `from racer ${branch.of + 1} at step ${branch.at}${branch.fresh ? ', new state' : ''}`

const cardOf = (app: App, say: (text: string) => void, racer: Racer, i: number): Card => {
  const prefix = `racer${i}`
  let current = racer
  let draft: Json = racer.chain.config
  const title = h('span', {})
  const origin = h('small', {}, originOf(racer))
  const faults = h('ul', { class: 'faults', id: `${prefix}-faults` })
  const stopped = h('p', { class: 'stopped' })
  const fields = h('div', {})
  const text = h('textarea', { id: `${prefix}-config`, rows: 8, spellcheck: 'false', maxlength: mostConfig })

  const show = (lines: readonly string[]): void => {
    fields.querySelectorAll('[aria-invalid]').forEach(one => {
      one.removeAttribute('aria-invalid')
    })
    fill(faults, ...lines.map(line => h('li', {}, line)))
    faults.hidden = lines.length === 0
    for (const line of lines) {
      const at = line.slice(0, Math.max(line.indexOf(':'), 0))
      document.getElementById(`${prefix}.${at}`)?.setAttribute('aria-invalid', 'true')
    }
    if (lines.length > 0) say(`Racer ${i + 1}: ${lines.join('; ')}`)
  }
  const take = (json: Json, isStructural: boolean): void => {
    draft = json
    const read = chainOf(json)
    if (isStructural) render()
    if (E.isLeft(read)) {
      show(read.left)
      return
    }
    show([])
    const next = withChain(app.model().page, i, read.right)
    const changed = next.racers[i]
    if (changed !== undefined) current = changed
    title.textContent = nameOf(read.right.config)
    text.value = JSON.stringify(draft, null, 2)
    app.change(next)
  }
  const edit = (path: JsonPath, value: Json | undefined, isStructural: boolean): void => {
    take(replacedAt(draft, path, value), isStructural)
  }
  const render = (): void => {
    fill(fields, linkFields(draft, [], `racer ${i + 1}`, { prefix, edit }))
    text.value = JSON.stringify(draft, null, 2)
    title.textContent = nameOf(current.chain.config)
  }
  const readText = (): void => {
    const read = parse(text.value)
    if (E.isLeft(read)) show([`config: expected JSON, ${read.left}`])
    else take(read.right as Json, true)
  }
  const branch = (fresh: boolean) => (): void => {
    const { page } = app.model()
    if (page.racers.length >= mostRacers) {
      say(`A race has at most ${mostRacers} racers.`)
      return
    }
    app.change(withRacer(page, { chain: current.chain, branch: { of: i, at: page.at, fresh } }))
    say(`Racer ${page.racers.length + 1} branches from racer ${i + 1} at step ${page.at}.`)
  }
  const element = h(
    'section',
    { class: 'card racer', style: `--own: ${colourOf(i)}`, 'aria-label': `Racer ${i + 1}` },
    h('h3', {}, h('span', { class: 'badge' }, String(i + 1)), title, origin),
    stopped,
    faults,
    h('details', { open: i < 2 && innerWidth > 900 }, h('summary', {}, 'Links and options'), fields),
    h(
      'details',
      {},
      h('summary', {}, 'As config'),
      labelled('Config (JSON)', text),
      h('button', { type: 'button', id: `${prefix}-use`, click: readText }, 'Use this config'),
    ),
    h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', id: `${prefix}-branch`, click: branch(false) }, 'Branch here'),
      h(
        'button',
        { type: 'button', id: `${prefix}-fresh`, title: 'Branch here with a new state', click: branch(true) },
        'Fresh branch',
      ),
      h(
        'button',
        {
          type: 'button',
          id: `${prefix}-remove`,
          'aria-label': `Remove racer ${i + 1}`,
          click: () => {
            const { page } = app.model()
            if (page.racers.length > 1) app.change(withoutRacer(page, i))
            else say('A race needs a racer.')
          },
        },
        'Remove',
      ),
    ),
  )
  render()
  faults.hidden = true
  return {
    get racer() {
      return current
    },
    element,
    update: ({ histories }) => {
      const fault = histories[i]?.fault ?? null
      stopped.hidden = fault === null
      stopped.textContent = fault === null ? '' : `Stopped: ${fault}`
    },
  }
}

/** All racers, and a menu for another one. */
export const racersView = (app: App, say: (text: string) => void): Racers => {
  const list = h('div', { class: 'racers' })
  const kind = menu({ id: 'add-type' }, groups, 'adamw')
  const add = (): void => {
    const { page } = app.model()
    const chain = begunChain(kind.value)
    if (page.racers.length >= mostRacers) say(`A race has at most ${mostRacers} racers.`)
    else if (chain === null) say(`${kind.value} cannot race here.`)
    else {
      app.change(withRacer(page, { chain, branch: null }))
      say(`Racer ${page.racers.length + 1} is ${kind.value}.`)
    }
  }
  const element = h(
    'section',
    { 'aria-labelledby': 'racers-title' },
    h('h2', { id: 'racers-title' }, 'Racers'),
    list,
    h(
      'div',
      { class: 'card add' },
      labelled('Another racer', kind),
      h('button', { type: 'button', id: 'add', click: add }, 'Add'),
    ),
  )
  let cards: readonly Card[] = []
  const isSame = ({ racers }: Page): boolean =>
    racers.length === cards.length && racers.every((racer, i) => cards[i]?.racer === racer)
  return {
    element,
    draw: model => {
      if (!isSame(model.page)) {
        // A card whose racer is still the same keeps its open parts and what is half typed.
        cards = model.page.racers.map((racer, i) => {
          const card = cards[i]
          return card?.racer === racer ? card : cardOf(app, say, racer, i)
        })
        fill(list, ...cards.map(({ element }) => element))
      }
      cards.forEach(card => {
        card.update(model)
      })
    },
  }
}
