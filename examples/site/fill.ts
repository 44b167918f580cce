/** What fills the holes of pages: pictures, generated code, panels for live steps, cards, and links to types. */
import type { Lists } from './lists.js'
import { assets, shownCode, type MadePages, type MadeTransformation } from './made.js'
import type { FinishedPage } from './reference.js'
import type { Filling } from './finish.js'
import { firstNumbers } from './session.js'
import { escapeHtml, stepTable } from './stepTable.js'

/** The pictures, and a form that draws them anew for another text. */
const pictures = ({ drawn, subject }: MadeTransformation): string => {
  const { curve, path, rates } = drawn
  const [, rate] = rates
  const code = subject.picture.replaceAll('$rate', String(rate ?? 0.1))
  return [
    '<figure class="pictures">',
    `<div class="drawn">${curve}${path}</div>`,
    `<form class="draw" data-assets="${assets}" data-name="${subject.name}">`,
    `<label>Draw another one <textarea name="code" rows="1" spellcheck="false">${escapeHtml(code)}</textarea></label>`,
    '<button type="submit">Draw</button> <output></output></form>',
    '</figure>',
  ].join('\n')
}

const input = (name: string, label: string, numbers: readonly number[]): string =>
  `<label>${label} <input name="${name}" value="${numbers.join(', ')}" autocomplete="off"></label>`

const live = ({ subject, steps }: MadeTransformation): string => {
  const code = shownCode(subject)
  const { params, gradients } = firstNumbers(code)
  const leaves = Object.keys(params)
  return [
    `<form class="live" data-assets="${assets}">`,
    `<label class="wide">transformation <textarea name="code" rows="1" spellcheck="false">${escapeHtml(code)}</textarea></label>`,
    ...leaves.map(leaf => input(`params.${leaf}`, `parameters <code>${leaf}</code>`, params[leaf] ?? [])),
    ...leaves.map(leaf => input(`gradients.${leaf}`, `gradient of <code>${leaf}</code>`, gradients[leaf] ?? [])),
    '<p class="buttons"><button type="submit">Step</button> <button type="reset">Start again</button></p>',
    '<p class="fault" role="alert"></p>',
    `<div class="result">${stepTable(steps, 1)}</div>`,
    '</form>',
    '<p class="small">The table shows the first three steps with this gradient until you take one of your own. The loss that is passed is 1.</p>',
  ].join('\n')
}

/** The part of `explain` that is not in the plan already: the code. */
const source = ({ facts: { source: code } }: MadeTransformation): string =>
  code.includes('v128') || code.includes(';;')
    ? `<details class="source"><summary>The generated code, as cpu and wasm run it</summary><pre><code>${escapeHtml(code)}</code></pre></details>`
    : ''

const cards = (names: readonly string[], pictureOf: (name: string) => string, page: FinishedPage): string => {
  const made = names.map(name => {
    const url = page.urlOf('document', name)
    return `<a class="card" href="${url ?? '#'}">${pictureOf(name)}<span>${name}</span></a>`
  })
  return `<div class="cards">${made.join('\n')}</div>`
}

const reference = (name: string, page: FinishedPage): string => {
  const url = page.urlOf('name', name)
  return url === null ? '' : `<p><a href="${url}">The types of <code>${name}</code></a></p>`
}

export const filling =
  (lists: Lists, { transformations, schedules }: MadePages): Filling =>
  (kind, name, page) => {
    if (kind === 'reference') return reference(name, page)
    if (kind === 'cards' && name === 'schedules')
      return cards(
        lists.schedules.map(one => one.name),
        one => schedules.get(one)?.curve ?? '',
        page,
      )
    if (kind === 'cards')
      return cards(
        lists[name as keyof Lists].map(one => one.name),
        one => transformations.get(one)?.drawn.card ?? '',
        page,
      )
    if (kind === 'curve') return `<figure class="pictures one">${schedules.get(name)?.curve ?? ''}</figure>`
    const made = transformations.get(name)
    if (made === undefined) throw new Error(`no page is made for ${name}`)
    if (kind === 'pictures') return pictures(made)
    return kind === 'live' ? live(made) : source(made)
  }
