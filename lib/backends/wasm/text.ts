/** Prints what a kernel's module does to a leaf, for people. */
import type { Shown } from '../device.js'
import { Code, type Instruction } from './assemble.js'
import { parameters, partsOf } from './generate.js'
import { layoutOf } from './passes.js'

/** How many operands an instruction takes from the stack; 2 if it is not here. */
const operandCounts: Readonly<Record<string, number>> = {
  'v128.bitselect': 3,
  'f32x4.abs': 1,
  'f32x4.sqrt': 1,
  'f64x2.promote_low_f32x4': 1,
}
const bracketed = (text: string): string => (text.includes(' ') ? `(${text})` : text)

/**
 * A line for each local that is set, and for each store: `x5 = f32x4.mul mu k0`. `notes` say what is at the address
 * `uniforms`.
 */
const linesOf = (
  { parameters, locals }: Code,
  instructions: readonly Instruction[],
  notes: readonly string[],
): readonly string[] => {
  const names = [...parameters, ...locals.map(({ name }) => name)]
  const stack: string[] = []
  const pop = (): string => stack.pop() ?? ''
  return instructions.flatMap(({ op, immediate }) => {
    if (typeof immediate === 'object') {
      const name = names[immediate.index] ?? ''
      if (op === 'set') return [`${name} = ${pop()}`]
      stack.push(name)
    } else if (op === 'v128.const') stack.push(`${op} ${Object.is(immediate, -0) ? '-0' : immediate}`)
    else if (immediate !== undefined) {
      const value = op.endsWith('store') ? ` ${pop()}` : ''
      const base = pop()
      const access = `${op} ${base}${immediate === 0 ? '' : `+${immediate}`}${value}`
      if (value !== '') return [access]
      const note = base === 'uniforms' ? notes[immediate / 4] : undefined
      stack.push(note === undefined ? access : `${access} ;; ${note}`)
    } else {
      const operands = stack.splice(-(operandCounts[op] ?? 2)).map(bracketed)
      stack.push([op, ...(op === 'i8x16.shuffle' ? ['8-15 8-15'] : []), ...operands].join(' '))
    }
    return []
  })
}

/** The operations that are done once for a leaf, then those on the first four of every eight elements. */
export const sourceOf = ({ plan, of, kernel, uniforms }: Shown): string => {
  const code = new Code(parameters)
  const { body } = partsOf(code, kernel, { ...layoutOf(plan, { of }, kernel), shared: false })
  body.once()
  const once = code.instructions.length
  body.elements({ single: false, bytes: 0 })
  body.accumulate(0)
  const section = (title: string, from: number, to?: number): readonly string[] => {
    const lines = linesOf(code, code.instructions.slice(from, to), uniforms)
    return lines.length === 0 ? [] : [`;; ${title}`, ...lines]
  }
  return [...section('once for a leaf', 0, once), ...section('for the first four of every eight elements', once)].join(
    '\n',
  )
}
