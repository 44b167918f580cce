/** Forms for a config of any depth, made from the catalogue. Every change is one call of `edit` with the path of its place. */
import type { Config, Json } from '../../../lib/config.js'
import {
  defaultOf,
  firstSchedule,
  firstValue,
  groups,
  schedules,
  scheduleTypes,
  transformations,
  type Entry,
  type Option,
} from '../core/catalogue.js'
import { begunConfig } from '../core/defaults.js'
import { movedBy, type JsonPath } from '../core/edit.js'
import { isRecord } from '../../../lib/tree/structure.js'
import { h, labelled, menu, valueOf, type Child } from './dom.js'

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

const button = (id: string, text: string, label: string, run: () => void, isOff = false): HTMLElement =>
  h(
    'button',
    { type: 'button', id, class: 'small', 'aria-label': label, title: label, disabled: isOff, click: run },
    text,
  )

/** A number, or a schedule with fields of its own. */
const hyperField = (
  { key, isRequired, expected, form }: Option,
  config: Config,
  path: JsonPath,
  editing: Editing,
): readonly Child[] => {
  const here = [...path, key]
  const { [key]: value } = config
  const id = idOf(editing.prefix, here)
  const type = isRecord(value) ? value['type'] : undefined
  const isTimed = typeof type === 'string'
  // Values by path, and schedules of Keras, which have no form.
  if (isTimed && !scheduleTypes.includes(type))
    return [jsonField({ key, isRequired, expected, form }, value, path, editing)]
  const usual = isRequired ? null : defaultOf(config.type, key)
  const input = h('input', {
    id,
    type: 'text',
    inputmode: 'decimal',
    autocomplete: 'off',
    spellcheck: 'false',
    value: isTimed ? '' : textOf(value),
    placeholder: isRequired ? '' : (usual ?? 'default'),
    title: expected,
    change: event => {
      const text = valueOf(event)
      editing.edit(here, text.trim() === '' && !isRequired ? undefined : numberFrom(text), false)
    },
  })
  if (form.form !== 'number' || !form.timed) return [labelled(key, input)]
  const kinds = [['', 'number'] as const, ...scheduleTypes.map(type => [type, type] as const)]
  const how = menu(
    {
      id: `${id}.how`,
      'aria-label': `${key}: a number or a schedule`,
      change: event => {
        const chosen = valueOf(event)
        const number = isRequired ? firstValue({ key, isRequired, expected, form }) : undefined
        editing.edit(here, chosen === '' ? number : firstSchedule(chosen), true)
      },
    },
    kinds,
    isTimed ? type : '',
  )
  if (!isTimed) return [h('div', { class: 'pair' }, labelled(key, input), how)]
  return [
    h('div', { class: 'pair' }, h('span', { class: 'field' }, h('span', { class: 'name' }, key)), how),
    scheduleFields(value as Config, here, editing),
  ]
}

const scheduleFields = (config: Config, path: JsonPath, editing: Editing): HTMLElement =>
  h(
    'fieldset',
    { class: 'inner' },
    h('legend', {}, config.type),
    ...fieldsOf(schedules.get(config.type), config, path, editing),
  )

const scheduleMenu = (value: Config, path: JsonPath, label: string, editing: Editing): HTMLElement =>
  labelled(
    label,
    menu(
      {
        id: `${idOf(editing.prefix, path)}.how`,
        change: event => {
          editing.edit(path, firstSchedule(valueOf(event)), true)
        },
      },
      scheduleTypes.map(type => [type, type] as const),
      value.type,
    ),
  )

/** Anything else, as JSON. */
const jsonField = (
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

/** A value that may be left out, chosen from words. */
const choiceField = (
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

const fieldOf = (option: Option, config: Config, path: JsonPath, editing: Editing): readonly Child[] => {
  const { key, form } = option
  const { [key]: value } = config
  const here = [...path, key]
  const listed = Array.isArray(value) ? (value as readonly Json[]) : []
  switch (form.form) {
    case 'number':
      return hyperField(option, config, path, editing)
    case 'flag':
      return [choiceField(option, ['true', 'false'], config, path, editing, word => word === 'true')]
    case 'words':
      return [choiceField(option, form.words, config, path, editing, word => word)]
    case 'link':
      return value === undefined
        ? [
            button(`${idOf(editing.prefix, here)}.add`, `Add ${key}`, `Add ${key}`, () => {
              editing.edit(here, firstValue(option), true)
            }),
          ]
        : [linkFields(value, here, key, editing)]
    case 'links':
      return [
        listOf(listed, here, editing, 'link', (one, at) =>
          linkFields(one, at, `link ${Number(at.at(-1)) + 1}`, editing),
        ),
      ]
    case 'schedule':
      return isRecord(value)
        ? [scheduleMenu(value as Config, here, key, editing), scheduleFields(value as Config, here, editing)]
        : [jsonField(option, value, path, editing)]
    case 'schedules':
      return [
        listOf(listed, here, editing, 'schedule', (one, at) =>
          h(
            'div',
            {},
            scheduleMenu(one as Config, at, `schedule ${Number(at.at(-1)) + 1}`, editing),
            scheduleFields(one as Config, at, editing),
          ),
        ),
      ]
    case 'json':
      return [jsonField(option, value, path, editing)]
  }
}

const fieldsOf = (entry: Entry | undefined, config: Config, path: JsonPath, editing: Editing): readonly Child[] => {
  const required = (entry?.options ?? []).filter(one => one.isRequired)
  const others = (entry?.options ?? []).filter(one => !one.isRequired)
  const isSet = others.some(({ key }) => config[key] !== undefined)
  const more = others.flatMap(one => fieldOf(one, config, path, editing))
  return [
    ...required.flatMap(one => fieldOf(one, config, path, editing)),
    more.length === 0 ? null : h('details', { open: isSet }, h('summary', {}, 'Options'), ...more),
  ]
}

/** A list with buttons to move, take away and add items. */
const listOf = (
  list: readonly Json[],
  path: JsonPath,
  editing: Editing,
  what: string,
  item: (value: Json, path: JsonPath) => HTMLElement,
): HTMLElement => {
  const id = idOf(editing.prefix, path)
  const moved = (i: number, by: number) => (): void => {
    editing.edit(path, movedBy(list, i, by), true)
  }
  const added: Json = what === 'link' ? { type: 'clip', maxDelta: 1 } : firstSchedule('constantSchedule')
  return h(
    'div',
    {},
    h(
      'ol',
      { class: 'links' },
      ...list.map((value, i) =>
        h(
          'li',
          {},
          item(value, [...path, i]),
          h(
            'div',
            { class: 'buttons' },
            button(`${id}.${i}.up`, '↑', `Move ${what} ${i + 1} up`, moved(i, -1), i === 0),
            button(`${id}.${i}.down`, '↓', `Move ${what} ${i + 1} down`, moved(i, 1), i === list.length - 1),
            button(
              `${id}.${i}.gone`,
              '✕',
              `Remove ${what} ${i + 1}`,
              () => {
                editing.edit([...path, i], undefined, true)
              },
              list.length === 1,
            ),
          ),
        ),
      ),
    ),
    button(`${id}.add`, `＋ ${what}`, `Add a ${what}`, () => {
      editing.edit(path, [added, ...list], true)
    }),
  )
}

/** A transformation: its type, its options, and what it contains. */
export const linkFields = (json: Json, path: JsonPath, label: string, editing: Editing): HTMLElement => {
  const config: Config = isRecord(json) && typeof json['type'] === 'string' ? (json as Config) : { type: '' }
  const isTop = path.length === 0
  return h(
    isTop ? 'div' : 'fieldset',
    { class: 'inner' },
    isTop ? null : h('legend', {}, label),
    labelled(
      isTop ? 'Chain' : 'Transformation',
      menu(
        {
          id: `${idOf(editing.prefix, path)}.type`,
          change: event => {
            const made = begunConfig(valueOf(event))
            const { links } = made
            const inner =
              Array.isArray(links) && !isTop && valueOf(event) !== 'chain' ? (links as readonly Json[])[0] : made
            editing.edit(path, inner ?? made, true)
          },
        },
        groups,
        config.type,
      ),
    ),
    ...fieldsOf(transformations.get(config.type), config, path, editing),
  )
}
