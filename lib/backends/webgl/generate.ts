/**
 * A kernel as GLSL for tfjs's packed textures: one program for each stream that is written, and for each total. A texel
 * holds a block of two by two elements, and texels are numbered in the order of memory; a shader knows no shapes.
 */
import type { Kernel, Node } from '../../plan/kernel.js'
import { split } from '../split.js'
import { indent, mapping, reducing } from './main.js'

export interface GlslShader {
  readonly text: string
  /** the textures of streams, then those of totals: the streams and totals themselves, and what the text calls them */
  readonly streams: readonly string[]
  readonly totals: readonly { readonly name: string; readonly over: 'tree' | 'leaf' }[]
  readonly textures: readonly string[]
  /** which numbers of the step the array `k` has */
  readonly numbers: readonly number[]
}

/** One program, and what becomes of its result. */
export interface GlslStage {
  readonly shader: GlslShader
  readonly to:
    | { readonly kind: 'stream' | 'part'; readonly stream: string }
    | { readonly kind: 'total'; readonly total: string; readonly reduce: 'sum' | 'max' }
}

/**
 * Names for different things are different, and alike where they can be; a suffix keeps them from being reserved. tfjs
 * makes `getX` of both `x` and `X`.
 */
const namer = (): ((wish: string, suffix: string) => string) => {
  const taken = new Set<string>()
  return (wish, suffix) => {
    const plain = wish
      .replace(/'$/, '')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^_|_$/g, '')
    const start = /^[A-Za-z]/.test(plain) && !/^(gl|webgl)_/.test(plain) ? plain : `s${plain}`
    const getter = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
    let name = `${start}_${suffix}`
    for (let i = 2; taken.has(getter(name)); i++) name = `${start}${i}_${suffix}`
    taken.add(getter(name))
    return name
  }
}

/** GLSL has no infinity, so it comes as a uniform, and NaN by its bits; subnormals and -0 are written as bits. */
const literal = (value: number): string => {
  if (value === Infinity) return 'infinity'
  if (value === -Infinity) return '(-infinity)'
  if (Number.isNaN(value)) return 'uintBitsToFloat(floatBitsToUint(infinity) | 0x400000u)'
  if (Object.is(value, -0) || (value !== 0 && Math.abs(value) < 2 ** -126)) {
    const bits = new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0
    return `uintBitsToFloat(0x${bits.toString(16)}u)`
  }
  const text = String(value)
  const number = /[.e]/.test(text) ? text : `${text}.0`
  return value < 0 ? `(${number})` : number
}

const symbols = { add: '+', sub: '-', mul: '*', div: '/', lt: '<' } as const
/** Formulas up to this length are put into the one that uses them, if there is only one. */
const inlineAtMost = 44

const operandsOf = (node: Node): readonly number[] => [
  ...('cond' in node ? [node.cond] : []),
  ...('a' in node ? [node.a] : []),
  ...('b' in node ? [node.b] : []),
]

const bare = (text: string): string => (text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text)

/** By the bits: a compiler may take for granted that nothing is infinite or NaN. */
const isFiniteCode = ['bool is_finite(float x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }']

/** The program of a kernel with one output. */
const shaderOf = (kernel: Kernel): GlslShader => {
  const { nodes, reads, writes, reductions } = kernel
  const name = namer()
  const reduction = reductions[0]
  const result = reduction?.value ?? writes[0]?.value ?? NaN
  const totals = nodes.flatMap(node => (node.op === 'total' ? [{ name: node.name, over: node.over }] : []))
  const numbers = [...new Set(nodes.flatMap(node => (node.op === 'uniform' ? [node.index] : [])))]
  const streams = reads.map(stream => ({ of: name(stream, 'i'), texture: name(stream, 'texels') }))
  const sums = totals.map(total => ({ of: name(total.name, 'total'), texture: name(total.name, 'texel') }))

  const uses = new Map<number, number>()
  for (const i of nodes.flatMap(operandsOf)) uses.set(i, (uses.get(i) ?? 0) + 1)
  const formulas: string[] = []
  const of = (i: number): string => formulas[i] ?? ''
  const formula = (node: Node): string => {
    switch (node.op) {
      case 'lit':
        return literal(node.value)
      case 'uniform':
        return `k[${numbers.indexOf(node.index)}]`
      case 'total':
        return sums[totals.findIndex(total => total.name === node.name)]?.of ?? ''
      case 'read':
        return streams[reads.indexOf(node.stream)]?.of ?? ''
      case 'isFinite':
        return `is_finite(${bare(of(node.a))})`
      case 'sqrt':
      case 'abs':
        return `${node.op}(${bare(of(node.a))})`
      case 'select':
        return `(${of(node.cond)} ? ${of(node.a)} : ${of(node.b)})`
      default:
        return `(${of(node.a)} ${symbols[node.op]} ${of(node.b)})`
    }
  }
  const body: string[] = []
  nodes.forEach((node, i) => {
    const text = formula(node)
    const isGiven = node.op === 'lit' || node.op === 'uniform' || node.op === 'total' || node.op === 'read'
    const isInline = isGiven || i === result || (uses.get(i) === 1 && text.length <= inlineAtMost)
    formulas[i] = isInline ? text : `v${i}`
    if (!isInline) body.push(`${node.op === 'lt' || node.op === 'isFinite' ? 'bool' : 'float'} v${i} = ${bare(text)};`)
  })
  const given = [...streams, ...sums]
  const call = (lane: string): string =>
    `value(${[...streams.map(stream => `${stream.of}.${lane}`), ...sums.map(sum => sum.of)].join(', ')})`
  const read = (at: string): readonly string[] =>
    streams.map(stream => `vec4 ${stream.of} = texel(${stream.texture}, ${at});`)
  const whole = sums.map(sum => `float ${sum.of} = texel(${sum.texture}, 0).r;`)
  const text = [
    ...(nodes.some(({ op }) => op === 'isFinite') ? isFiniteCode : []),
    `float value(${given.map(({ of: argument }) => `float ${argument}`).join(', ')}) {`,
    ...indent([...body, `return ${bare(of(result))};`]),
    '}',
    ...(reduction === undefined ? mapping(whole, read, call) : reducing(reduction.reduce, whole, read, call)),
    '',
  ].join('\n')
  return { text, streams: reads, totals, textures: given.map(({ texture }) => texture), numbers }
}

/** What `split` needs to cut any kernel to measure. */
const limitAtLeast = 6

/** The programs of a kernel in the order in which they run; each reads at most so many textures. */
export const generateGlsl = (kernel: Kernel, textures: number): readonly GlslStage[] => {
  const totals = new Set(kernel.nodes.flatMap(node => (node.op === 'total' ? [node.name] : []))).size
  // What `split` counts: the streams that are read, one for the output, and one for all totals.
  const limit = totals === 0 ? textures + 1 : textures - totals + 2
  if (limit < limitAtLeast)
    throw new TypeError(`webgl: ${totals} totals are more than a shader of ${textures} textures reads`)
  const outputs: readonly Pick<Kernel, 'writes' | 'reductions'>[] = [
    ...kernel.reductions.map(reduction => ({ writes: [], reductions: [reduction] })),
    ...kernel.writes.map(write => ({ writes: [write], reductions: [] })),
  ]
  return outputs.flatMap(output => {
    const { kernels, parts } = split({ ...kernel, ...output }, new Map(), limit)
    return kernels.map((one): GlslStage => {
      const [reduction] = one.reductions
      const stream = one.writes[0]?.stream ?? ''
      const to: GlslStage['to'] =
        reduction === undefined
          ? { kind: parts.includes(stream) ? 'part' : 'stream', stream }
          : { kind: 'total', total: reduction.total, reduce: reduction.reduce }
      return { shader: shaderOf(one), to }
    })
  })
}
