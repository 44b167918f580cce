/** What runs in the pages: live steps and pictures, on the cpu backend. `loader.js` loads it when it is first asked for. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { draw } from '../drawn.js'
import { advance, begin, type Session, type StepRows } from '../session.js'
import { stepTable } from '../stepTable.js'
import type { Values } from '../problems.js'

/** How many steps the table shows. */
const shown = 3

/** What a panel remembers between two clicks. */
interface Panel {
  readonly session: Session
  readonly steps: readonly StepRows[]
}

const panels = new WeakMap<HTMLFormElement, Panel>()

const valueOf = (form: HTMLFormElement, name: string): string => {
  const field = form.elements.namedItem(name)
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field.value : ''
}

/** The numbers of all fields `prefix.leaf`. */
const numbersOf = (form: HTMLFormElement, prefix: string): Values => {
  const fields = [...form.elements]
    .filter(one => one instanceof HTMLInputElement)
    .filter(({ name }) => name.startsWith(`${prefix}.`))
  return Object.fromEntries(
    fields.map(({ name, value }) => [
      name.slice(prefix.length + 1),
      value
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map(Number),
    ]),
  )
}

const show = (form: HTMLFormElement, place: string, html: string): void => {
  const found = form.querySelector(place)
  if (found !== null) found.innerHTML = html
}

const say = (form: HTMLFormElement, place: string, words: string): void => {
  const found = form.querySelector(place)
  if (found !== null) found.textContent = words
}

/** Effect: one step of a panel, with the gradient that its fields have. */
const step = (form: HTMLFormElement): void => {
  const { session, steps } = panels.get(form) ?? { session: null, steps: [] }
  const now = session === null ? begin(valueOf(form, 'code'), numbersOf(form, 'params')) : E.right(session)
  const made = E.flatMap((from: Session) => advance(from, numbersOf(form, 'gradients')))(now)
  if (E.isLeft(made)) return say(form, '.fault', made.left)
  const [next, rows] = made.right
  const all = [...steps, rows]
  panels.set(form, { session: next, steps: all })
  say(form, '.fault', '')
  show(form, '.result', stepTable(all.slice(-shown), Math.max(1, all.length - shown + 1)))
}

/** Effect: draws the pictures of a form's text. */
const redraw = (form: HTMLFormElement): void => {
  const drawn = draw(form.dataset['name'] ?? '', valueOf(form, 'code'), form.dataset['assets'] ?? '.')
  if (E.isLeft(drawn)) return say(form, 'output', drawn.left)
  const place = form.parentElement?.querySelector('.drawn')
  if (place) place.innerHTML = drawn.right.curve + drawn.right.path
  const [loss, height] = drawn.right.ends
  say(form, 'output', `The loss ends at ${loss.toPrecision(2)}, the path ${height.toPrecision(2)} above the goal.`)
}

/** Effect: a panel begins anew. */
const restart = (form: HTMLFormElement): void => {
  panels.delete(form)
  say(form, '.fault', '')
  show(form, '.result', '')
}

const ready = tf.setBackend('cpu')
const actions = { step, redraw, restart } as const

/** Effect: does what a form asks for. An error that nobody foresaw is shown too. */
const act = async (form: HTMLFormElement, action: keyof typeof actions): Promise<void> => {
  await ready
  try {
    actions[action](form)
  } catch (error) {
    say(form, action === 'redraw' ? 'output' : '.fault', String(error))
  }
}

Object.assign(globalThis, { tfjsOptaxPage: { act } })
