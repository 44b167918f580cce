/** The page of a transformation: Markdown from its doc comment, its rule and its pictures. */
import type { CommentDisplayPart } from 'typedoc'
import type { Drawn } from './drawn.js'
import type { Facts } from './facts.js'
import { tagged, type PublicName } from './names.js'
import { optionsTable, type OptionFact } from './options.js'
import type { Subject } from './subjects/subject.js'

/** Content of a page: Markdown, with the parts of doc comments as typedoc has them. */
export type Content = readonly CommentDisplayPart[]

export const text = (markdown: string): CommentDisplayPart => ({ kind: 'text', text: markdown })

/** A place in a page that is filled when its HTML is made, since Markdown would be searched and changed. */
export const hole = (kind: string, name: string): string => `<div data-hole="${kind} ${name}"></div>`

const fenced = (language: string, lines: string): string => `\`\`\`${language}\n${lines}\n\`\`\``

const most = (numbers: readonly number[]): string =>
  new Set(numbers).size > 1 ? `up to ${Math.max(...numbers)}` : String(numbers[0] ?? 0)

const chip = (value: string, what: string): string => `<li><b>${value}</b> ${what}</li>`

const passesChip = (passes: readonly number[]): string => {
  const value = most(passes)
  return chip(value, value === '1' ? 'pass over memory' : 'passes over memory')
}

/** The numbers at the top of a page. */
const chips = ({ passes, bytes, stateBytes, plan }: Facts): string => {
  const inOps = plan.includes('in tfjs ops') || plan.includes('tfjs ops, which cut')
  const own = inOps ? [] : [passesChip(passes), chip(most(bytes), 'bytes moved per parameter and step')]
  const state = stateBytes >= 0.1 || stateBytes === 0 ? String(Number(stateBytes.toFixed(1))) : '< 0.1'
  const kept = chip(state, 'bytes of state per parameter')
  const runs = `<li>${inOps ? 'in tfjs ops, at least in part' : 'one kernel for all leaves'}</li>`
  return `<ul class="chips">${[...own, kept, runs].join('')}</ul>`
}

const stateTable = ({ state }: Facts): string =>
  state.length === 0
    ? 'It keeps no tensors.'
    : [
        '| place in the state | tensor | bytes |',
        '| --- | --- | --- |',
        ...state.map(({ path, shape, bytes }) => `| \`${path}\` | ${shape} | ${bytes.toLocaleString('en-US')} |`),
      ].join('\n')

const rateText = (rate: number | null): string => (rate === null ? '' : `, with rate ${rate}`)

/** What the two pictures show, and how far the runs came. */
export const captionOf = ({ rates: [a, b], ends: [c, d] }: Drawn, { note }: Subject): string =>
  [
    `The curve: the loss of a noisy regression above its least value, by step${rateText(a)}; it ends at ${c.toPrecision(2)}.`,
    `The path: the way through Rosenbrock's valley from the dot to the cross${rateText(b)}; it ends ${d.toPrecision(2)} above the goal.`,
    'Rates are the best of six. Grey: plain `sgd` with its best rates.',
    ...(note === undefined ? [] : [note]),
  ].join(' ')

const section = (title: string, ...content: Content): Content =>
  content.length === 0 ? [] : [text(`\n\n## ${title}\n\n`), ...content, text('\n\n')]

/** The sections that come from the doc comment: source, errors, example. */
export const commentSections = ({ comment, name }: PublicName): Content => [
  ...tagged(comment, '@source').flatMap(content => section('Source and differences', ...content)),
  ...tagged(comment, '@throws').flatMap(content => section('Errors', ...content)),
  ...tagged(comment, '@example').flatMap(content => section('Example', ...content)),
  ...section('Types', text(`${hole('reference', name)}\n`)),
]

export interface PageData {
  readonly named: PublicName
  readonly subject: Subject
  readonly facts: Facts
  readonly drawn: Drawn
  readonly options: readonly OptionFact[]
}

export const transformationPage = ({ named, subject, facts, drawn, options }: PageData): Content => [
  text(`# ${named.name}\n\n`),
  ...(named.comment?.summary ?? []),
  text(`\n\n${chips(facts)}\n\n${hole('pictures', named.name)}\n\n${captionOf(drawn, subject)}\n\n`),
  ...section(
    'Equations',
    text(
      `Of \`${subject.code.replaceAll('$rate', '0.1')}\`, as the rule itself prints them: \`u\` is the update, \`p\` the parameter, and a dash marks new values.\n\n`,
    ),
    text(fenced('text', facts.equations)),
  ),
  ...section('What a step becomes', text(`${fenced('text', facts.plan)}\n\n${hole('source', named.name)}\n`)),
  ...section('State', text(`For a matrix \`kernel\` of 256 by 128:\n\n${stateTable(facts)}\n`)),
  ...(options.length === 0 ? [] : section('Options', text(`${optionsTable(options)}\n`))),
  ...section('A live step', text(`${hole('live', named.name)}\n`)),
  ...commentSections(named),
]
