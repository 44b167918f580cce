/** Steps as a table: a row for each name, a column for each step. The generator and the pages write the same one. */
import type { StepRows } from './session.js'

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)

const number = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(3) : String(Number(value.toPrecision(5)))
}

const cell = (numbers: readonly number[]): string =>
  `<td>${numbers.map(one => `<span>${number(one)}</span>`).join(' ')}</td>`

export const stepTable = (steps: readonly StepRows[], first: number): string => {
  const names = steps.at(-1)?.map(([name]) => name) ?? []
  const head = steps.map((_, i) => `<th scope="col">step ${first + i}</th>`).join('')
  const rows = names.map(name => {
    const cells = steps.map(rows => cell(rows.find(([one]) => one === name)?.[1] ?? []))
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}</tr>`
  })
  return `<table class="steps"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}
