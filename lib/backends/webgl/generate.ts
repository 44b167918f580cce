/**
 * Generates GLSL for a kernel, for tfjs's packed textures: one shader for each written stream, and for each total. A
 * texel holds a block of two by two elements, and texels are numbered in the order of memory; a shader contains no
 * shapes.
 */
import { written } from '../../plan/class.js'
import type { Kernel, Node } from '../../plan/kernel.js'
import { bare, formulasOf, indent, inlines, namer, type NumberWords } from '../formulas.js'
import { split } from '../split.js'
import { mapping, reducing } from './main.js'

export interface GlslShader {
  readonly text: string
  /** the streams and totals that it reads, and the names of their textures, streams first */
  readonly streams: readonly string[]
  readonly totals: readonly { readonly name: string; readonly over: 'tree' | 'leaf' }[]
  readonly textures: readonly string[]
  /** the indices of the uniforms in the array `k` */
  readonly numbers: readonly number[]
}

/** One shader, and where its result goes. */
export interface GlslRun {
  readonly shader: GlslShader
  readonly to:
    | { readonly kind: 'stream' | 'part'; readonly stream: string }
    | { readonly kind: 'total'; readonly total: string; readonly reduce: 'sum' | 'max' }
}

/** A name that GLSL takes, with a suffix that keeps it from being reserved. tfjs makes `getX` of both `x` and `X`. */
const glslNames = (): ((wish: string, suffix: string) => string) => {
  const unique = namer(name => name.charAt(0).toUpperCase() + name.slice(1))
  return (wish, suffix) => {
    const plain = wish
      .replace(/'$/, '')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^_|_$/g, '')
    const start = /^[A-Za-z]/.test(plain) && !/^(gl|webgl)_/.test(plain) ? plain : `s${plain}`
    return unique(number => `${start}${number}_${suffix}`)
  }
}

const numberWords: NumberWords = {
  infinity: 'infinity',
  fromBits: bits => `uintBitsToFloat(${bits})`,
  toBits: number => `floatBitsToUint(${number})`,
  suffix: '',
  negative: number => `(${number})`,
}

/** By the bits, since a compiler may assume that nothing is infinite or NaN. */
const isFiniteCode = ['bool is_finite(float x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }']

/** The shader of a kernel with one output. */
const shaderOf = (kernel: Kernel): GlslShader => {
  const { nodes, reads, writes, reductions } = kernel
  const name = glslNames()
  const reduction = reductions[0]
  const result = reduction?.value ?? writes[0]?.value ?? NaN
  const totals = nodes.flatMap(node => (node.op === 'total' ? [{ name: node.name, over: node.over }] : []))
  const numbers = [...new Set(nodes.flatMap(node => (node.op === 'uniform' ? [node.index] : [])))]
  const streams = reads.map(stream => ({ of: name(stream, 'i'), texture: name(stream, 'texels') }))
  const sums = totals.map(total => ({ of: name(total.name, 'total'), texture: name(total.name, 'texel') }))

  const isInline = inlines(kernel)
  const body: string[] = []
  const of = formulasOf(kernel, {
    numbers: numberWords,
    input: node => {
      if (node.op === 'uniform') return `k[${numbers.indexOf(node.index)}]`
      if (node.op === 'read') return streams[reads.indexOf(node.stream)]?.of ?? ''
      return sums[totals.findIndex(total => total.name === node.name)]?.of ?? ''
    },
    select: (cond, a, b) => `(${cond} ? ${a} : ${b})`,
    declare: ({ op }, i, formula) => {
      const isGiven = op === 'lit' || op === 'uniform' || op === 'total' || op === 'read'
      if (isGiven || i === result || isInline(i, formula)) return null
      body.push(`${op === 'lt' || op === 'isFinite' ? 'bool' : 'float'} v${i} = ${bare(formula)};`)
      return `v${i}`
    },
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

/** The least limit with which `split` can split any kernel. */
const limitAtLeast = 6

/** The outputs of a kernel one by one, with relays first, which the others then read. */
const outputsOf = (kernel: Kernel, relays: readonly string[]): readonly Kernel[] => {
  const relayed = new Map(
    kernel.writes.flatMap(({ stream, value }) => {
      const relay = relays.find(name => written(name) === stream)
      return relay === undefined ? [] : [[value, relay] as const]
    }),
  )
  const isFirst = ({ value }: { readonly value: number }): boolean => relayed.has(value)
  const reading: Kernel = {
    ...kernel,
    nodes: kernel.nodes.map((node, i): Node => {
      const stream = relayed.get(i)
      return stream === undefined ? node : { op: 'read', stream, rate: 'element' }
    }),
    reads: [...kernel.reads, ...relayed.values()],
  }
  return [
    ...kernel.writes.filter(isFirst).map(write => ({ ...kernel, writes: [write], reductions: [] })),
    ...kernel.reductions.map(reduction => ({ ...reading, writes: [], reductions: [reduction] })),
    ...kernel.writes.filter(write => !isFirst(write)).map(write => ({ ...reading, writes: [write], reductions: [] })),
  ]
}

/** The shaders of a kernel, in the order in which they run; each reads at most `textures` textures. */
export const generateGlsl = (kernel: Kernel, textures: number, relays: readonly string[] = []): readonly GlslRun[] => {
  const totals = new Set(kernel.nodes.flatMap(node => (node.op === 'total' ? [node.name] : []))).size
  // `split` counts the streams that are read, one for the output, and one for all totals.
  const limit = totals === 0 ? textures + 1 : textures - totals + 2
  if (limit < limitAtLeast)
    throw new TypeError(`webgl: ${totals} totals are more than a shader of ${textures} textures reads`)
  return outputsOf(kernel, relays).flatMap(output => {
    const { kernels, parts } = split(output, new Map(), limit)
    return kernels.map((one): GlslRun => {
      const [reduction] = one.reductions
      const stream = one.writes[0]?.stream ?? ''
      const to: GlslRun['to'] =
        reduction === undefined
          ? { kind: parts.includes(stream) ? 'part' : 'stream', stream }
          : { kind: 'total', total: reduction.total, reduce: reduction.reduce }
      return { shader: shaderOf(one), to }
    })
  })
}
