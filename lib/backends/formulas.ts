/** Kernels as formulas of a shading language: what the generators of GLSL and WGSL share. */
import { operandsOf, type Kernel, type Node } from '../plan/kernel.js'

/** How a language writes float32 numbers. It has no infinity, so that comes as a uniform. */
export interface NumberWords {
  readonly infinity: string
  /** the float32 with these bits */
  readonly fromBits: (bits: string) => string
  /** the bits of a float32 */
  readonly toBits: (number: string) => string
  /** marks a decimal number as float32 */
  readonly suffix: string
  /** a number with a minus sign, in brackets if an operation needs them */
  readonly negative: (number: string) => string
}

/** A number as text. NaN, subnormals and -0 are written by their bits, since compilers may change them. */
const literal = (value: number, { infinity, fromBits, toBits, suffix, negative }: NumberWords): string => {
  if (value === Infinity) return infinity
  if (value === -Infinity) return negative(`-${infinity}`)
  if (Number.isNaN(value)) return fromBits(`${toBits(infinity)} | 0x400000u`)
  if (Object.is(value, -0) || (value !== 0 && Math.abs(value) < 2 ** -126)) {
    const bits = new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0
    return fromBits(`0x${bits.toString(16)}u`)
  }
  const digits = String(value)
  const text = `${/[.e]/.test(digits) ? digits : `${digits}.0`}${suffix}`
  return value < 0 ? negative(text) : text
}

export type InputNode = Extract<Node, { readonly op: 'uniform' | 'total' | 'read' }>

/** How a shader writes the nodes that languages write differently. */
export interface ShaderWords {
  readonly numbers: NumberWords
  readonly input: (node: InputNode) => string
  readonly select: (cond: string, a: string, b: string) => string
  /** declares a variable for a formula and returns its name; null if the formula goes into those that use it */
  readonly declare: (node: Node, i: number, formula: string) => string | null
}

const symbols = { add: '+', sub: '-', mul: '*', div: '/', lt: '<' } as const

/** A formula without the brackets around it. */
export const bare = (formula: string): string =>
  formula.startsWith('(') && formula.endsWith(')') ? formula.slice(1, -1) : formula

/** For each node its formula, or the name of its variable. */
export const formulasOf = (
  { nodes }: Kernel,
  { numbers, input, select, declare }: ShaderWords,
): ((i: number) => string) => {
  const formulas: string[] = []
  const of = (i: number): string => formulas[i] ?? ''
  const formula = (node: Node): string => {
    switch (node.op) {
      case 'lit':
        return literal(node.value, numbers)
      case 'uniform':
      case 'total':
      case 'read':
        return input(node)
      case 'isFinite':
        return `is_finite(${bare(of(node.a))})`
      case 'sqrt':
      case 'abs':
        return `${node.op}(${bare(of(node.a))})`
      case 'select':
        return select(of(node.cond), of(node.a), of(node.b))
      default:
        return `(${of(node.a)} ${symbols[node.op]} ${of(node.b)})`
    }
  }
  nodes.forEach((node, i) => {
    const text = formula(node)
    formulas.push(declare(node, i, text) ?? text)
  })
  return of
}

/** Longer formulas get a variable, even if they are used once. */
const inlineAtMost = 44

/** Whether the formula of a node is short and used once, so that it needs no variable. */
export const inlines = ({ nodes, writes, reductions }: Kernel): ((i: number, formula: string) => boolean) => {
  const uses = new Map<number, number>()
  for (const i of [...nodes.flatMap(operandsOf), ...[...writes, ...reductions].map(({ value }) => value)])
    uses.set(i, (uses.get(i) ?? 0) + 1)
  return (i, formula) => uses.get(i) === 1 && formula.length <= inlineAtMost
}

/** Makes names that differ from all before. `spell` puts a number into a name; the number is '' if the name is free. */
export const namer = (
  same: (name: string) => string = name => name,
): ((spell: (number: string) => string) => string) => {
  const taken = new Set<string>()
  return spell => {
    let name = spell('')
    for (let i = 2; taken.has(same(name)); i++) name = spell(String(i))
    taken.add(same(name))
    return name
  }
}

export const indent = (lines: readonly string[], by = 2): readonly string[] => lines.map(line => ' '.repeat(by) + line)
