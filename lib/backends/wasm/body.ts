/** Emits the parts of a kernel's loop over the elements of a leaf. */
import type { Kernel, Node } from '../../plan/kernel.js'
import { written } from '../../plan/class.js'
import type { Code, Local } from './assemble.js'

/** Where a kernel finds its streams and totals. */
export interface KernelLayout {
  /** the streams whose addresses a row has, in order */
  readonly columns: readonly string[]
  /** the totals of the tree, whose values follow the kernel's uniforms */
  readonly treeTotals: readonly string[]
  /** the totals of the leaf, whose values are at the address in the row's third word, before the uniforms of the leaf */
  readonly leafTotals: readonly string[]
  /** whether the memory is a `SharedArrayBuffer` */
  readonly shared: boolean
}

/** Words of a row before its columns: element count, address of lanes, address of the leaf's numbers. */
export const rowHead = 3
/** Bytes that one reduction needs per leaf. */
export const laneBytes = 64

/** One element, or four from this byte offset on. */
type ElementsAt = { readonly single: true } | { readonly single: false; readonly bytes: number }

const fail = (what: string): never => {
  throw new TypeError(`generateWasm: ${what}`)
}

/** The locals that the parts share. */
export interface KernelLocals {
  readonly lanes: Local
  readonly leaf: Local
  readonly pointers: ReadonlyMap<string, Local>
  readonly values: readonly Local[]
  readonly sums: readonly (readonly Local[])[]
}

/**
 * The node after which each stream can be written: its value is computed, and the stream that it may overwrite is read.
 */
const storesOf = ({ nodes, writes }: Kernel): ReadonlyMap<number, Kernel['writes']> => {
  const reads = new Map(nodes.flatMap((node, i) => (node.op === 'read' ? [[written(node.stream), i] as const] : [])))
  const stores = new Map<number, Kernel['writes'][number][]>()
  for (const write of writes) {
    const after = Math.max(write.value, reads.get(write.stream) ?? -1)
    stores.set(after, [...(stores.get(after) ?? []), write])
  }
  return stores
}

export class Body {
  readonly #stores: ReturnType<typeof storesOf>

  constructor(
    readonly code: Code,
    readonly kernel: Kernel,
    readonly layout: KernelLayout,
    readonly at: KernelLocals,
  ) {
    this.#stores = storesOf(kernel)
  }

  #value(k: number): Local {
    return this.at.values[k] ?? fail(`no value ${k}`)
  }
  #pointer(stream: string): Local {
    return this.at.pointers.get(stream) ?? fail(`no stream ${stream}`)
  }

  /** Emits the nodes that are the same for all elements of a leaf. */
  once(): void {
    this.kernel.nodes.forEach((node, i) => {
      if (node.rate === 'once') this.#compute(node, i, { single: true })
    })
  }

  /**
   * Emits the nodes of one or four elements. Each result is stored as early as possible, so that few values are live.
   */
  elements(where: ElementsAt): void {
    const { code, kernel } = this
    kernel.nodes.forEach((node, i) => {
      if (node.rate === 'element') this.#compute(node, i, where)
      for (const { stream, value } of this.#stores.get(i) ?? []) {
        if (where.single) code.op('v128.store32_lane', this.#pointer(stream), this.#value(value))
        else code.memory('v128.store', where.bytes, this.#pointer(stream), this.#value(value))
      }
    })
  }

  #compute(node: Node, i: number, where: ElementsAt): void {
    const { code } = this
    switch (node.op) {
      case 'lit':
        code.splat(node.value)
        break
      case 'uniform':
        if (node.over === undefined) code.memory('v128.load32_splat', 4 * node.index, code.parameter(2))
        else code.memory('v128.load32_splat', 4 * (this.layout.leafTotals.length + node.index), this.at.leaf)
        break
      case 'total': {
        const tree = node.over === 'tree'
        const place = (tree ? this.layout.treeTotals : this.layout.leafTotals).indexOf(node.name)
        const offset = 4 * (place + (tree ? this.kernel.uniforms : 0))
        code.memory('v128.load32_splat', offset, tree ? code.parameter(2) : this.at.leaf)
        break
      }
      case 'read':
        if (where.single) code.memory('v128.load32_zero', 0, this.#pointer(node.stream))
        else code.memory('v128.load', where.bytes, this.#pointer(node.stream))
        break
      case 'isFinite':
        code.op('f32x4.abs', this.#value(node.a))
        code.splat(Infinity)
        code.op('f32x4.lt')
        break
      case 'sqrt':
      case 'abs':
        code.op(`f32x4.${node.op}`, this.#value(node.a))
        break
      case 'select':
        code.op('v128.bitselect', this.#value(node.a), this.#value(node.b), this.#value(node.cond))
        break
      default:
        code.op(`f32x4.${node.op}`, this.#value(node.a), this.#value(node.b))
    }
    code.set(this.#value(i))
  }

  /** Reduces four elements: a sum into two of its four pairs of lanes, a maximum into its one vector. */
  accumulate(half: 0 | 1): void {
    const { code, kernel, at } = this
    kernel.reductions.forEach(({ reduce, value }, k) => {
      const vector = this.#value(value)
      const [a = fail('no lanes'), b = a] = (at.sums[k] ?? []).slice(reduce === 'sum' ? 2 * half : 0)
      code.get(a)
      if (reduce === 'max') {
        code.op('f32x4.max', vector)
        code.set(a)
        return
      }
      code.op('f64x2.promote_low_f32x4', vector)
      code.op('f64x2.add')
      code.set(a)
      code.get(b)
      code.op('i8x16.shuffle', vector, vector)
      code.op('f64x2.promote_low_f32x4')
      code.op('f64x2.add')
      code.set(b)
    })
  }

  /** Reduces one element, into the lanes in memory. */
  accumulateOne(): void {
    const { code, kernel, at } = this
    if (kernel.reductions.length === 0) return
    kernel.reductions.forEach(({ reduce, value }, k) => {
      const [type, combine] = reduce === 'sum' ? (['f64', 'f64.add'] as const) : (['f32', 'f32.max'] as const)
      code.get(at.lanes)
      code.memory(`${type}.load`, laneBytes * k, at.lanes)
      code.op('f32x4.extract_lane', this.#value(value))
      if (reduce === 'sum') code.op('f64.promote_f32')
      code.op(combine)
      code.memory(`${type}.store`, laneBytes * k)
    })
    code.op('i32.add', at.lanes, 8)
    code.set(at.lanes)
  }

  loadLanes(): void {
    this.#lanes((sum, offset) => {
      this.code.memory('v128.load', offset, this.at.lanes)
      this.code.set(sum)
    })
  }
  storeLanes(): void {
    this.#lanes((sum, offset) => {
      this.code.memory('v128.store', offset, this.at.lanes, sum)
    })
  }
  #lanes(each: (sum: Local, offset: number) => void): void {
    this.at.sums.forEach((own, k) => {
      own.forEach((sum, i) => {
        each(sum, laneBytes * k + 16 * i)
      })
    })
  }

  advance(bytes: number): void {
    this.at.pointers.forEach(address => {
      this.code.op('i32.add', address, bytes)
      this.code.set(address)
    })
  }
}
