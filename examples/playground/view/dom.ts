/** Elements from plain calls. Text is always text: nothing here reads HTML. */

type Value = string | number | boolean | null | ((event: Event) => void)
export type Child = Node | string | null

/** An element with attributes (functions listen to the event of their name) and children. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, Value>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== null) element.setAttribute(name, String(value))
  }
  element.append(...children.flatMap(child => (child === null ? [] : [child])))
  return element
}

/** Replaces the children of an element, and keeps the focus on the element of the same id. */
export const fill = (parent: Element, ...children: readonly Child[]): void => {
  const focused = document.activeElement
  const id = focused !== null && parent.contains(focused) ? focused.id : ''
  parent.replaceChildren(...children.flatMap(child => (child === null ? [] : [child])))
  if (id !== '') document.getElementById(id)?.focus()
}

/** A field with its label. */
export const labelled = (label: string, field: HTMLElement, note: string | null = null): HTMLElement => {
  const described = note === null ? null : h('small', { id: `${field.id}-note` }, note)
  if (described !== null) field.setAttribute('aria-describedby', described.id)
  return h('div', { class: 'field' }, h('label', { for: field.id }, label), field, described)
}

/** A menu of named values, in groups if there are any. */
export const menu = (
  attributes: Readonly<Record<string, Value>>,
  items: readonly (readonly [value: string, label: string])[] | readonly { title: string; types: readonly string[] }[],
  chosen: string,
): HTMLSelectElement => {
  const option = (value: string, label: string): HTMLOptionElement =>
    h('option', { value, selected: value === chosen }, label)
  return h(
    'select',
    attributes,
    ...items.map(item =>
      'title' in item
        ? h('optgroup', { label: item.title }, ...item.types.map(type => option(type, type)))
        : option(item[0], item[1]),
    ),
  )
}

/** What a field says after an event. */
export const valueOf = (event: Event): string =>
  event.target instanceof HTMLInputElement ||
  event.target instanceof HTMLSelectElement ||
  event.target instanceof HTMLTextAreaElement
    ? event.target.value
    : ''

/** A number as a reader wants it. */
export const short = (x: number | null): string => {
  if (x === null) return '–'
  if (!Number.isFinite(x)) return String(x)
  if (x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5)) return x.toExponential(2)
  return String(Number(x.toPrecision(4)))
}
