/**
 * A kernel as several where it needs more storage bindings than a device has. Outputs go to stages, each of which
 * computes again what it needs; a value that reads too many streams itself is made from parts, which earlier stages
 * leave in memory of their own.
 */
import type { Kernel, Node } from '../plan/kernel.js'
import { foldLiterals } from './literals.js'

/** The stream whose memory a written stream shares: its own, or that of a stream which is written over. */
export type Homes = ReadonlyMap<string, string>

/** Reductions of one stage at most: each takes a kilobyte of the memory of a workgroup. */
const reductionsAtMost = 8

/** The storage buffers that a kernel binds. */
export const bindingsOf = ({ nodes, reads, writes, reductions }: Kernel, homes: Homes): number => {
  const streams = new Set([...reads, ...writes.map(({ stream }) => stream)].map(stream => homes.get(stream) ?? stream))
  const totals = nodes.some(({ op }) => op === 'total') ? 1 : 0
  return streams.size + totals + (reductions.length > 0 ? 1 : 0)
}

const operandsOf = (node: Node): readonly number[] => [
  ...('cond' in node ? [node.cond] : []),
  ...('a' in node ? [node.a] : []),
  ...('b' in node ? [node.b] : []),
]

type KernelOutputs = Pick<Kernel, 'writes' | 'reductions'>

/** The kernel for some of the outputs, with what they need and nothing else. */
const restrict = (kernel: Kernel, { writes, reductions }: KernelOutputs): Kernel => {
  const needed = new Set<number>()
  const need = (i: number): void => {
    const node = kernel.nodes[i]
    if (node === undefined || needed.has(i)) return
    needed.add(i)
    operandsOf(node).forEach(need)
  }
  ;[...writes, ...reductions].forEach(({ value }) => need(value))
  const kept = kernel.nodes.flatMap((node, i) => (needed.has(i) ? [[i, node] as const] : []))
  const places = new Map(kept.map(([i], place) => [i, place]))
  const place = (i: number): number => places.get(i) ?? 0
  const moved = (node: Node): Node => ({
    ...node,
    ...('cond' in node ? { cond: place(node.cond) } : {}),
    ...('a' in node ? { a: place(node.a) } : {}),
    ...('b' in node ? { b: place(node.b) } : {}),
  })
  return {
    nodes: kept.map(([, node]) => moved(node)),
    uniforms: kernel.uniforms,
    reads: kernel.reads.filter(stream => kept.some(([, node]) => node.op === 'read' && node.stream === stream)),
    writes: writes.map(({ stream, value }) => ({ stream, value: place(value) })),
    reductions: reductions.map(reduction => ({ ...reduction, value: place(reduction.value) })),
  }
}

/** Streams of scratch memory between stages. */
const partOf = (node: number): string => `part${node}`

/** Nodes to keep in memory, so that none reads more streams than `atMost` (4 or more), in an order to make them in. */
const partsOf = ({ nodes }: Kernel, atMost: number): readonly number[] => {
  const isTruth = (node: Node | undefined): boolean => node?.op === 'lt' || node?.op === 'isFinite'
  const find = (parts: ReadonlySet<number>): readonly number[] => {
    const own: ReadonlySet<string>[] = []
    const seen = (i: number): ReadonlySet<string> => (parts.has(i) ? new Set([partOf(i)]) : (own[i] ?? new Set()))
    for (const node of nodes) {
      const all = new Set(node.op === 'read' ? [node.stream] : operandsOf(node).flatMap(i => [...seen(i)]))
      own.push(all)
      if (all.size <= atMost) continue
      // A truth value is no number: what it compares is kept instead.
      const numbers = operandsOf(node).flatMap(i => {
        const operand = nodes[i]
        return operand !== undefined && isTruth(operand) ? operandsOf(operand) : [i]
      })
      const [widest] = numbers.filter(i => seen(i).size > 1).sort((i, k) => seen(k).size - seen(i).size)
      if (widest !== undefined) return find(new Set([...parts, widest]))
    }
    return [...parts].sort((i, k) => i - k)
  }
  return find(new Set())
}

export interface SplitKernels {
  /** kernels to run one after the other */
  readonly kernels: readonly Kernel[]
  /** streams of scratch memory, as large as the leaf */
  readonly parts: readonly string[]
  /** for each kernel the homes that it must read from a copy, since an earlier one has written over them */
  readonly copied: readonly ReadonlySet<string>[]
}

/** The stages of a kernel for at most `limit` storage buffers (6 or more). */
export const split = (given: Kernel, homes: Homes, limit: number): SplitKernels => {
  const kernel = foldLiterals(given)
  const fits = (stage: Kernel): boolean =>
    bindingsOf(stage, homes) <= limit && stage.reductions.length <= reductionsAtMost
  const outputs: readonly KernelOutputs[] = [
    ...kernel.reductions.map(reduction => ({ writes: [], reductions: [reduction] })),
    ...kernel.writes.map(write => ({ writes: [write], reductions: [] })),
  ]
  const parts = outputs.every(output => fits(restrict(kernel, output))) ? [] : partsOf(kernel, limit - 2)
  const whole = {
    ...kernel,
    nodes: kernel.nodes.map((node, i): Node =>
      parts.includes(i) ? { op: 'read', stream: partOf(i), rate: 'element' } : node,
    ),
    reads: [...kernel.reads, ...parts.map(partOf)],
  }
  const making = parts.map(part => {
    const nodes = whole.nodes.map((node, i) => (i === part ? (kernel.nodes[part] ?? node) : node))
    return restrict({ ...whole, nodes }, { writes: [{ stream: partOf(part), value: part }], reductions: [] })
  })
  const stages = outputs.reduce<readonly KernelOutputs[]>((done, output) => {
    const open = done.at(-1)
    if (open === undefined) return [output]
    const wider = {
      writes: [...open.writes, ...output.writes],
      reductions: [...open.reductions, ...output.reductions],
    }
    return fits(restrict(whole, wider)) ? [...done.slice(0, -1), wider] : [...done, output]
  }, [])
  const kernels = [...making, ...stages.map(stage => restrict(whole, stage))]
  const home = (stream: string): string => homes.get(stream) ?? stream
  const over = new Set<string>()
  const copied = kernels.map(({ reads, writes }) => {
    const old = new Set(reads.map(home).filter(stream => over.has(stream)))
    writes.forEach(({ stream }) => {
      if (!parts.map(partOf).includes(stream)) over.add(home(stream))
    })
    return old
  })
  return { kernels, parts: parts.map(partOf), copied }
}
