/** Fields of forms that contain no other fields: numbers, words, JSON, buttons. */
import type { Config, Json } from '../../../lib/config.js'
import { isRecord } from '../../../lib/tree/structure.js'
import { defaultOf, type Option } from '../core/catalogue.js'
import type { JsonPath } from '../core/edit.js'
import { h, labelled, menu, valueOf } from './dom.js'

export interface Editing {
  /** what the ids of all fields begin with */
  readonly prefix: string
  /** `isStructural` where other fields appear or go */
  readonly edit: (path: JsonPath, value: Json | undefined, isStructural: boolean) => void
}

export const idOf = (prefix: string, path: JsonPath): string => [prefix, ...path].join('.')

/** A number where the text is one; any other text as it is, for the codec to refuse. */
const numberFrom = (text: string): Json => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text))

const textOf = (json: Json | undefined): string =>
  json === undefined ? '' : typeof json === 'string' ? json : JSON.stringify(json)

/** A number; a schedule leaves it empty. */
export const numberInput = (
  { key, isRequired, expected }: Option,
  config: Config,
  path: JsonPath,
  { prefix, edit }: Editing,
): HTMLInputElement => {
  const here = [...path, key]
  const { [key]: value } = config
  return h('input', {
    id: idOf(prefix, here),
    type: 'text',
    inputmode: 'decimal',
    autocomplete: 'off',
    spellcheck: 'false',
    value: isRecord(value) ? '' : textOf(value),
    placeholder: isRequired ? '' : (defaultOf(config.type, key) ?? 'default'),
    title: expected,
    change: event => {
      const text = valueOf(event)
      edit(here, text.trim() === '' && !isRequired ? undefined : numberFrom(text), false)
    },
  })
}

/** A value that may be left out, chosen from words. */
export const choiceField = (
  { key, isRequired }: Option,
  words: readonly string[],
  config: Config,
  path: JsonPath,
  editing: Editing,
  read: (word: string) => Json,
): HTMLElement => {
  const usual = isRequired ? null : defaultOf(config.type, key)
  const none = isRequired ? [] : [['', usual === null ? 'default' : `default (${usual})`] as const]
  const { [key]: value } = config
  return labelled(
    key,
    menu(
      {
        id: idOf(editing.prefix, [...path, key]),
        change: event => {
          const word = valueOf(event)
          editing.edit([...path, key], word === '' ? undefined : read(word), false)
        },
      },
      [...none, ...words.map(word => [word, word] as const)],
      typeof value === 'string' || typeof value === 'boolean' ? String(value) : '',
    ),
  )
}

/** Anything else, as JSON. */
export const jsonField = (
  { key, isRequired, expected }: Option,
  value: Json | undefined,
  path: JsonPath,
  editing: Editing,
): HTMLElement =>
  labelled(
    key,
    h('input', {
      id: idOf(editing.prefix, [...path, key]),
      type: 'text',
      autocomplete: 'off',
      spellcheck: 'false',
      value: value === undefined ? '' : JSON.stringify(value),
      placeholder: isRequired ? '' : 'default',
      change: event => {
        const text = valueOf(event)
        editing.edit([...path, key], text.trim() === '' ? undefined : jsonFrom(text), false)
      },
    }),
    `JSON: ${expected}`,
  )

/** The JSON of a text; a text that is none stays one, for the codec to refuse. */
const jsonFrom = (text: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

export const button = (id: string, text: string, label: string, run: () => void, isOff = false): HTMLElement =>
  h(
    'button',
    { type: 'button', id, class: 'small', 'aria-label': label, title: label, disabled: isOff, click: run },
    text,
  )
