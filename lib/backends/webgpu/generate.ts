/**
 * Generates WGSL for a kernel: one thread per element, or a limited number of workgroups per leaf if something is
 * reduced.
 */
import type { Kernel, Node } from '../../plan/kernel.js'
import { bare, formulasOf, indent, inlines, namer, type NumberWords } from '../formulas.js'
import type { Homes } from '../split.js'

/** Threads of a workgroup. */
export const workgroup = 256

/** The layout that a kernel's code depends on. */
export interface ShaderLayout {
  /** the totals in memory order: those of the tree first, then the same for each leaf */
  readonly totals: readonly string[]
  /** the homes of streams that share memory */
  readonly homes: Homes
}

export interface WgslShader {
  readonly text: string
  /**
   * the streams bound from 1 on, followed by `totals` and `partials` if they are used; the numbers of the step are at 0
   */
  readonly streams: readonly string[]
  readonly totals: boolean
  readonly partials: boolean
}

/** A name that WGSL takes; with a suffix it is no reserved word. */
const plainName = (stream: string): string => {
  const plain = stream.replace(/'$/, '').replace(/[^A-Za-z0-9_]/g, '_')
  return /^[A-Za-z]/.test(plain) ? plain : `s${plain}`
}

const numberWords: NumberWords = {
  infinity: 'step.infinity',
  fromBits: bits => `bitcast<f32>(${bits})`,
  toBits: number => `bitcast<u32>(${number})`,
  suffix: 'f',
  negative: number => number,
}

export const generateWgsl = (kernel: Kernel, { totals, homes }: ShaderLayout): WgslShader => {
  const { nodes, reads, writes, reductions } = kernel
  const unique = namer()
  const name = (wish: string): string => unique(number => wish + number)
  const home = (stream: string): string => homes.get(stream) ?? stream
  const written = new Set(writes.map(({ stream }) => home(stream)))
  const streams = [...new Set([...reads, ...writes.map(({ stream }) => stream)].map(home))]
  const arrays = new Map(
    streams.map(stream => {
      const suffix = !written.has(stream) ? 'old' : reads.some(read => home(read) === stream) ? 'both' : 'new'
      return [stream, name(`${plainName(stream)}_${suffix}`)]
    }),
  )
  const arrayOf = (stream: string): string => arrays.get(home(stream)) ?? stream
  const hasTotals = nodes.some(({ op }) => op === 'total')
  const hasPartials = reductions.length > 0

  const isInline = inlines(kernel)
  const isWritten = (i: number): boolean => writes.some(({ value }) => value === i)
  const wish = (node: Node, i: number): string => {
    const target = writes.find(({ value }) => value === i)
    if (node.op === 'read') return plainName(node.stream) + '_i'
    if (target !== undefined) return plainName(target.stream) + '_next'
    return node.op === 'total' ? plainName(node.name) + '_total' : `v${i}`
  }
  const body: Record<Node['rate'], string[]> = { once: [], element: [] }
  const of = formulasOf(kernel, {
    numbers: numberWords,
    input: node => {
      if (node.op === 'uniform') return `step.k${node.index}`
      if (node.op === 'read') return `${arrayOf(node.stream)}[i]`
      const place = totals.indexOf(node.name)
      return node.over === 'tree' ? `totals[${place}]` : `totals[step.leaf + ${place}]`
    },
    select: (cond, a, b) => `select(${bare(b)}, ${bare(a)}, ${bare(cond)})`,
    declare: (node, i, formula) => {
      if (node.op === 'lit' || node.op === 'uniform') return null
      if (node.op !== 'read' && node.op !== 'total' && isInline(i, formula) && !isWritten(i)) return null
      const variable = name(wish(node, i))
      body[node.rate].push(`let ${variable} = ${bare(formula)};`)
      return variable
    },
  })
  const stores = writes.map(({ stream, value }) => `${arrayOf(stream)}[i] = ${bare(of(value))};`)

  const bindings = [
    ...streams.map(stream => [arrayOf(stream), written.has(stream) ? 'read_write' : 'read'] as const),
    ...(hasTotals ? [['totals', 'read'] as const] : []),
    ...(hasPartials ? [['partials', 'read_write'] as const] : []),
  ]
  const numbers = Array.from({ length: kernel.uniforms }, (_, k) => `k${k}: f32`)
  const struct = [
    'size: u32, // elements',
    `row: u32, // threads${hasPartials ? '' : ' of a row of workgroups'}`,
    'leaf: u32, // where the totals of this leaf begin',
    ...reductions.map(({ total }, k) => `first${k}: u32, // where the parts of ${plainName(total)} begin`),
    'infinity: f32,',
    ...(numbers.length > 0 ? [`${numbers.join(', ')},`] : []),
  ]
  const head = [
    'struct Step {',
    ...indent(struct, 2),
    '}',
    '@group(0) @binding(0) var<uniform> step: Step;',
    ...bindings.map(([array, mode], k) => `@group(0) @binding(${k + 1}) var<storage, ${mode}> ${array}: array<f32>;`),
    ...(nodes.some(({ op }) => op === 'isFinite') ? isFiniteCode : []),
    ...(reductions.some(({ reduce }) => reduce === 'max') ? mostCode : []),
  ]
  const element = [...body.element, ...stores]
  const main = hasPartials
    ? reducing(
        reductions.map(({ value, ...rest }) => ({ ...rest, term: bare(of(value)) })),
        body.once,
        element,
      )
    : mapping(body.once, element)
  return { text: [...head, ...main, ''].join('\n'), streams, totals: hasTotals, partials: hasPartials }
}

/** By the bits, since compilers may assume that nothing is infinite or NaN. */
const isFiniteCode = ['fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }']
export const mostCode = [
  '// NaN wins',
  'fn most(a: f32, b: f32) -> f32 { return select(select(a, b, a < b), b, (bitcast<u32>(b) & 0x7fffffffu) > 0x7f800000u); }',
]

const mapping = (once: readonly string[], element: readonly string[]): readonly string[] => [
  `@compute @workgroup_size(${workgroup})`,
  'fn main(@builtin(global_invocation_id) id: vec3<u32>) {',
  '  let i = id.y * step.row + id.x;',
  '  if (i >= step.size) { return; }',
  ...indent([...once, ...element], 2),
  '}',
]

interface Term {
  readonly total: string
  readonly reduce: 'sum' | 'max'
  readonly term: string
}

/** Each thread reduces every `row`-th element; then pairs of threads of a workgroup are combined. */
const reducing = (terms: readonly Term[], once: readonly string[], element: readonly string[]): readonly string[] => {
  const join = (reduce: Term['reduce'], a: string, b: string): string =>
    reduce === 'sum' ? `${a} = ${a} + ${b};` : `${a} = most(${a}, ${b});`
  return [
    ...terms.map((_, k) => `var<workgroup> lanes${k}: array<f32, ${workgroup}>;`),
    `@compute @workgroup_size(${workgroup})`,
    'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {',
    ...indent(once, 2),
    ...terms.map(
      ({ total, reduce }, k) => `  var t${k} = ${reduce === 'sum' ? '0.0f' : '-step.infinity'}; // ${plainName(total)}`,
    ),
    `  for (var i = group.x * ${workgroup}u + lane; i < step.size; i += step.row) {`,
    ...indent([...element, ...terms.map(({ reduce, term }, k) => join(reduce, `t${k}`, term))], 4),
    '  }',
    ...terms.map((_, k) => `  lanes${k}[lane] = t${k};`),
    `  for (var half = ${workgroup / 2}u; half > 0u; half >>= 1u) {`,
    '    workgroupBarrier();',
    '    if (lane < half) {',
    ...terms.map(({ reduce }, k) => `      ${join(reduce, `lanes${k}[lane]`, `lanes${k}[lane + half]`)}`),
    '    }',
    '  }',
    '  if (lane == 0u) {',
    ...terms.map((_, k) => `    partials[step.first${k} + group.x] = lanes${k}[0];`),
    '  }',
    '}',
  ]
}
