/** Forms for a config of any depth, made from the catalogue. Every change is one call of `edit` with the path of its place. */
import type { Config, Json } from '../../../lib/config.js'
import {
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
import { button, choiceField, idOf, jsonField, numberInput, type Editing } from './fields.js'

/** A number, or a schedule with fields of its own. */
const hyperField = (
  { key, isRequired, expected, form }: Option,
  config: Config,
  path: JsonPath,
  editing: Editing,
): readonly Child[] => {
  const here = [...path, key]
  const { [key]: value } = config
  const type = isRecord(value) ? value['type'] : undefined
  const isTimed = typeof type === 'string'
  // Values by path, and schedules of Keras, which have no form.
  if (isTimed && !scheduleTypes.includes(type))
    return [jsonField({ key, isRequired, expected, form }, value, path, editing)]
  const input = numberInput({ key, isRequired, expected, form }, config, path, editing)
  if (form.form !== 'number' || !form.timed) return [labelled(key, input)]
  const kinds = [['', 'number'] as const, ...scheduleTypes.map(type => [type, type] as const)]
  const how = menu(
    {
      id: `${idOf(editing.prefix, here)}.how`,
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
    h('div', { class: 'pair timed' }, h('span', { class: 'name' }, key), how),
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
    button(`${id}.add`, `+ ${what}`, `Add a ${what}`, () => {
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
