/** Leaves in a WebAssembly memory of our own: where they are, and how passes run over them. */
import { totalNames } from '../../plan/cellRunner.js'
import type { Kernel } from '../../plan/kernel.js'
import type { Group, Job, LeafRun } from '../device.js'
import type { Tally } from '../tally.js'
import { uniformsOf } from '../uniforms.js'
import { compile } from '../wasm/compile.js'
import { laneBytes, rowHead } from '../wasm/body.js'
import { clearLanes, collectLanes, columnsOf, layoutOf, leafWidth, writeLeafNumbers } from '../wasm/passes.js'
import { part, type HostArray } from './own.js'

/** tfjs's record of a tensor that kernels can read. */
export interface HeldArray {
  readonly values: HostArray
  readonly refCount: number
}

/** Elements of a block, a multiple of eight; with seven streams it takes 224 kB. */
export const blockSize = 8192
/** The rows of the table, and so the most leaves of a chunk. */
export const rowCount = 256

/** Copies elements. For few of them a loop is faster than `set`, the more so if `set` would need a view. */
const copy = (from: HostArray, start: number, to: HostArray, at: number, count: number): void => {
  if (start === 0 && count === from.length && count > 8) to.set(from, at)
  else if (count > 64) to.set(part(from, start, start + count), at)
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] ?? 0
}

/**
 * Byte offsets of the parts of a group's memory. A written stream has the same block as the stream that it replaces.
 */
export interface GroupPlaces {
  readonly lanes: number
  readonly leafNumbers: number
  /** numbers for each leaf */
  readonly width: number
  readonly uniforms: number
  readonly columns: readonly number[]
  readonly bytes: number
}

export const placesOf = (job: Job<HeldArray>, { of }: Group<HeldArray>): GroupPlaces => {
  const kernels = of.passes.flatMap(pass => (pass === null ? [] : [pass.kernel]))
  const reductions = Math.max(0, ...kernels.map(kernel => kernel.reductions.length))
  const numbers = Math.max(0, ...kernels.map(kernel => kernel.uniforms)) + totalNames(job.plan, 'tree').length
  const streamColumns = columnsOf(of)
  const lanes = Math.ceil((4 * (rowHead + streamColumns.length) * rowCount) / 8) * 8
  const leafNumbers = lanes + laneBytes * reductions * rowCount
  const width = leafWidth(job.plan, of)
  const uniforms = leafNumbers + 4 * width * rowCount
  const blocks = Math.ceil((uniforms + 4 * numbers) / 64) * 64
  const places = streamColumns.map(replaced)
  const streams = [...new Set(places)]
  return {
    lanes,
    leafNumbers,
    width,
    uniforms,
    columns: places.map(stream => blocks + 4 * blockSize * streams.indexOf(stream)),
    bytes: blocks + 4 * blockSize * streams.length,
  }
}

const replaced = (stream: string): string => (stream.endsWith("'") ? stream.slice(0, -1) : stream)

/** The relays of a leaf that have memory outside the block, in the order of the class's relays. */
export type RelayArrays = (leaf: { readonly order: number; readonly size: number }) => readonly HostArray[]

/** A range of a leaf's elements. */
interface Part {
  readonly leaf: LeafRun<HeldArray>
  readonly from: number
  readonly count: number
}

/** Runs passes over the leaves of one chunk, through the memory. */
export class Block {
  readonly #words: Uint32Array
  readonly #floats: Float32Array

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly job: Job<HeldArray>,
    readonly group: Group<HeldArray>,
    readonly places: GroupPlaces,
    readonly totals: Tally,
    readonly relays: RelayArrays,
  ) {
    this.#words = new Uint32Array(memory.buffer)
    this.#floats = new Float32Array(memory.buffer)
  }

  #kernel(pass: number): Kernel | null {
    return this.group.of.passes[pass]?.kernel ?? null
  }

  /** Runs a sweep on leaves that fit into a block together: they are loaded once for all passes. */
  short(leaves: readonly LeafRun<HeldArray>[], sweep: readonly number[]): void {
    const parts = leaves.map(leaf => ({ leaf, from: 0, count: leaf.size }))
    const reads = new Set(sweep.flatMap(pass => this.#kernel(pass)?.reads ?? []))
    this.#load(parts, reads)
    for (const pass of sweep) {
      this.#begin(leaves, pass)
      this.#run(parts, pass)
      this.#end(leaves, pass)
    }
    for (const pass of sweep) this.#store(parts, pass)
  }

  /** Runs a sweep on a leaf of many blocks: each pass goes over all blocks before the next pass. */
  long(leaf: LeafRun<HeldArray>, sweep: readonly number[]): void {
    for (const pass of sweep) {
      const kernel = this.#kernel(pass)
      if (kernel === null) continue
      this.#begin([leaf], pass)
      for (let from = 0; from < leaf.size; from += blockSize) {
        const parts = [{ leaf, from, count: Math.min(blockSize, leaf.size - from) }]
        this.#load(parts, new Set(kernel.reads))
        this.#run(parts, pass)
        this.#store(parts, pass)
      }
      this.#end([leaf], pass)
    }
  }

  #load(parts: readonly Part[], streams: ReadonlySet<string>): void {
    this.group.of.reads.forEach((stream, column) => {
      if (!streams.has(stream)) return
      let at = (this.places.columns[column] ?? 0) / 4
      for (const { leaf, from, count } of parts) {
        const held = leaf.reads[column]
        if (held !== undefined) copy(held.values, from, this.#floats, at, count)
        at += count
      }
    })
    this.#eachRelay(parts, streams, (values, at, { from, count }) => {
      copy(values, from, this.#floats, at, count)
    })
  }

  /** Calls `run` for the relays of some names that have memory outside the block. */
  #eachRelay(
    parts: readonly Part[],
    names: ReadonlySet<string>,
    run: (values: HostArray, at: number, part: Part) => void,
  ): void {
    const { reads, writes, relays } = this.group.of
    relays.forEach((relay, k) => {
      if (!names.has(relay)) return
      let at = (this.places.columns[reads.length + writes.length + k] ?? 0) / 4
      for (const part of parts) {
        const values = this.relays(part.leaf)[k]
        if (values !== undefined) run(values, at, part)
        at += part.count
      }
    })
  }

  #store(parts: readonly Part[], pass: number): void {
    const writes = this.#kernel(pass)?.writes ?? []
    if (writes.length === 0) return
    const { reads, writes: streams } = this.group.of
    streams.forEach((stream, k) => {
      if (!writes.some(write => write.stream === stream)) return
      let at = (this.places.columns[reads.length + k] ?? 0) / 4
      for (const { leaf, from, count } of parts) {
        const held = leaf.writes[k]
        if (held !== undefined) copy(this.#floats, at, held.values, from, count)
        at += count
      }
    })
    const relays = new Set(writes.map(({ stream }) => replaced(stream)))
    this.#eachRelay(parts, relays, (values, at, { from, count }) => {
      copy(this.#floats, at, values, from, count)
    })
  }

  #begin(leaves: readonly LeafRun<HeldArray>[], pass: number): void {
    const lowered = this.group.of.passes[pass] ?? null
    if (lowered === null) return
    clearLanes(this.memory.buffer, this.places.lanes, leaves.length, lowered.kernel)
    const layout = layoutOf(this.job.plan, this.group, lowered.kernel)
    const uniforms = uniformsOf(lowered, this.job.scalars)
    const leafNumbers = { at: this.places.leafNumbers, width: this.places.width }
    writeLeafNumbers(this.memory.buffer, leafNumbers, leaves, lowered, layout, this.totals, uniforms)
    const numbers = [...uniforms.all, ...layout.treeTotals.map(this.totals.tree)]
    this.#floats.set(numbers, this.places.uniforms / 4)
  }

  #run(parts: readonly Part[], pass: number): void {
    const kernel = this.#kernel(pass)
    if (kernel === null) return
    const { columns, lanes, leafNumbers, width, uniforms } = this.places
    const layout = layoutOf(this.job.plan, this.group, kernel)
    const words = rowHead + columns.length
    let [word, offset] = [0, 0]
    parts.forEach(({ count }, row) => {
      this.#words[word] = count
      this.#words[word + 1] = lanes + laneBytes * kernel.reductions.length * row
      this.#words[word + 2] = leafNumbers + 4 * width * row
      columns.forEach((column, k) => (this.#words[word + rowHead + k] = column + 4 * offset))
      word += words
      offset += count
    })
    compile(kernel, layout, this.memory)(0, 4 * word, uniforms)
  }

  #end(leaves: readonly LeafRun<HeldArray>[], pass: number): void {
    const kernel = this.#kernel(pass)
    if (kernel === null) return
    collectLanes(this.memory.buffer, this.places.lanes, leaves, kernel, this.totals)
  }
}
