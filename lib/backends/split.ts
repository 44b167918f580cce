/**
 * Splits a kernel that needs more storage bindings than a device has. The outputs are distributed over smaller kernels,
 * each of which recomputes the values that it needs. A value that alone reads too many streams is computed from parts,
 * which earlier kernels write to scratch memory.
 */
import { operandsOf, type Kernel, type Node } from '../plan/kernel.js'
import { foldLiterals } from './literals.js'

/**
 * The home of a stream is the stream whose memory it shares, where a step overwrites memory. Streams that are not in
 * the map have memory of their own.
 */
export type Homes = ReadonlyMap<string, string>

/** At most this many reductions per kernel: each takes a kilobyte of workgroup memory. */
const reductionsAtMost = 8

/** The number of storage buffers that a kernel binds. */
export const bindingsOf = ({ nodes, reads, writes, reductions }: Kernel, homes: Homes): number => {
  const streams = new Set([...reads, ...writes.map(({ stream }) => stream)].map(stream => homes.get(stream) ?? stream))
  const totals = nodes.some(({ op }) => op === 'total') ? 1 : 0
  return streams.size + totals + (reductions.length > 0 ? 1 : 0)
}

type KernelOutputs = Pick<Kernel, 'writes' | 'reductions'>

/** The kernel for some of the outputs, with only the nodes that they need. */
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

/** The scratch stream that holds the value of a node. */
const partOf = (node: number): string => `part${node}`

/**
 * The nodes to keep in scratch memory so that no value reads more than `atMost` (4 or more) streams, in the order to
 * compute them.
 */
const partsOf = ({ nodes }: Kernel, atMost: number): readonly number[] => {
  const isTruth = (node: Node | undefined): boolean => node?.op === 'lt' || node?.op === 'isFinite'
  const find = (parts: ReadonlySet<number>): readonly number[] => {
    const own: ReadonlySet<string>[] = []
    const seen = (i: number): ReadonlySet<string> => (parts.has(i) ? new Set([partOf(i)]) : (own[i] ?? new Set()))
    for (const node of nodes) {
      const all = new Set(node.op === 'read' ? [node.stream] : operandsOf(node).flatMap(i => [...seen(i)]))
      own.push(all)
      if (all.size <= atMost) continue
      // A truth value cannot be stored, so its operands are kept instead.
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
  /** scratch streams, each as large as the leaf */
  readonly parts: readonly string[]
  /** for each kernel, the homes that it must read from a copy, since an earlier kernel overwrites them */
  readonly copied: readonly ReadonlySet<string>[]
}

/** The kernels that a kernel is split into, each with at most `limit` (6 or more) storage buffers. */
export const split = (given: Kernel, homes: Homes, limit: number): SplitKernels => {
  const kernel = foldLiterals(given)
  const fits = (one: Kernel): boolean => bindingsOf(one, homes) <= limit && one.reductions.length <= reductionsAtMost
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
  const shares = outputs.reduce<readonly KernelOutputs[]>((done, output) => {
    const open = done.at(-1)
    if (open === undefined) return [output]
    const wider = {
      writes: [...open.writes, ...output.writes],
      reductions: [...open.reductions, ...output.reductions],
    }
    return fits(restrict(whole, wider)) ? [...done.slice(0, -1), wider] : [...done, output]
  }, [])
  const kernels = [...making, ...shares.map(share => restrict(whole, share))]
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
