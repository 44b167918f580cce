/** What a kernel's module does, for those who read it: its parts write lines here where they otherwise write bytes. */
import type { Shown } from '../device.js'
import { Code, type Local } from './assemble.js'
import { parameters, partsOf } from './generate.js'
import { layoutOf } from './passes.js'

const operandsOf: Readonly<Record<string, number>> = {
  'v128.bitselect': 3,
  'f32x4.abs': 1,
  'f32x4.sqrt': 1,
  'f64x2.promote_low_f32x4': 1,
}
const bracketed = (text: string): string => (text.includes(' ') ? `(${text})` : text)

/** A line for each local that is set, and for each store: `x5 = f32x4.mul mu k0`. */
class Lines extends Code {
  readonly #stack: string[] = []
  #lines: string[] = []

  /** `notes` say what stands at the address `uniforms`. */
  constructor(readonly notes: readonly string[]) {
    super(parameters)
  }

  /** The lines since the last call, under a title; none if there are none. */
  take(title: string): readonly string[] {
    const lines = this.#lines
    this.#lines = []
    return lines.length === 0 ? [] : [`;; ${title}`, ...lines]
  }

  #nameOf({ index }: Local): string {
    return [...this.parameters, ...this.locals.map(({ name }) => name)][index] ?? ''
  }

  override get(local: Local): void {
    this.#stack.push(this.#nameOf(local))
  }
  override set(local: Local): void {
    this.#lines.push(`${this.#nameOf(local)} = ${this.#stack.pop() ?? ''}`)
  }
  override op(name: Parameters<Code['op']>[0], ...operands: readonly Local[]): void {
    operands.forEach(operand => {
      this.get(operand)
    })
    const own = this.#stack.splice(-(operandsOf[name] ?? 2))
    this.#stack.push([name, ...own.map(bracketed)].join(' '))
  }
  override memory(name: Parameters<Code['memory']>[0], offset: number, base: Local, value?: Local): void {
    const at = `${name} ${this.#nameOf(base)}${offset === 0 ? '' : `+${offset}`}`
    const note = base.index === parameters.indexOf('uniforms') ? this.notes[offset / 4] : undefined
    if (value !== undefined) this.#lines.push(`${at} ${this.#nameOf(value)}`)
    else this.#stack.push(note === undefined ? at : `${at} ;; ${note}`)
  }
  override splat(value: number): void {
    this.#stack.push(`v128.const ${Object.is(value, -0) ? '-0' : value}`)
  }
  override upperHalf(value: Local): void {
    this.#stack.push(['i8x16.shuffle 8-15 8-15', ...[value, value].map(x => this.#nameOf(x))].join(' '))
  }
}

/** What is done once for a leaf, and to the first four of every eight elements. */
export const sourceOf = ({ plan, of, kernel, uniforms }: Shown): string => {
  const code = new Lines(uniforms)
  const { body } = partsOf(code, kernel, { ...layoutOf(plan, { of }, kernel), shared: false })
  body.once()
  const once = code.take('once for a leaf')
  body.elements({ single: false, bytes: 0 })
  body.accumulate(0)
  return [...once, ...code.take('for the first four of every eight elements')].join('\n')
}
