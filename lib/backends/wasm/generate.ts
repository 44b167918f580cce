/**
 * A kernel as a WebAssembly module with SIMD on a memory that it imports. One call runs over many leaves, which a table
 * of addresses describes; a row of 32-bit words for each: the number of elements, the address of its lanes, that of its
 * leaf totals, then one address per stream.
 *
 * Elements go through eight at a time, the rest one by one in the first lane of the same operations, so that no result
 * depends on where a leaf ends. A sum has eight float64 lanes in memory (element i in lane i mod 8), a maximum
 * sixteen float32 ones; a call goes on with what is there, so that a leaf may be cut into blocks of multiples of eight.
 */
import { Module, br_if, f32, f32x4, f64, f64x2, func, i32, i8x16, if_, importMemory, local, loop, v128 } from 'wasmati'
import type { Local } from 'wasmati'
import type { Kernel, Node } from '../../rule/plan/kernel.js'

/** Where a kernel finds its streams and totals. */
export interface Layout {
  /** the streams of a row, in the order of their addresses */
  readonly columns: readonly string[]
  /** the totals whose values stand after the kernel's uniforms */
  readonly treeTotals: readonly string[]
  /** the totals whose values stand at the row's third address */
  readonly leafTotals: readonly string[]
  readonly shared: boolean
}

/** Words of a row before its columns: elements, lanes, leaf totals. */
export const rowHead = 3
/** Bytes that one reduction needs per leaf. */
export const laneBytes = 64

type Vector = Local<'v128'>
type Word = Local<'i32'>

const infinity: [number, number, number, number] = [Infinity, Infinity, Infinity, Infinity]
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]

/** Whether elements are taken one by one, or four from this many bytes on. */
type At = { readonly single: true } | { readonly single: false; readonly bytes: number }

/** wasmati would make a memory otherwise; only its type is written. */
const givenLater = {} as WebAssembly.Memory

const fail = (what: string): never => {
  throw new TypeError(`generateWasm: ${what}`)
}

/** The bytes of the module; it exports `run(rows, end, uniforms)` and imports a memory as `m0` of module ``. */
export const generateWasm = (kernel: Kernel, layout: Layout): Uint8Array<ArrayBuffer> => {
  const { nodes, reductions, writes } = kernel
  const { columns, shared } = layout
  const used = columns.filter(column => kernel.reads.includes(column) || writes.some(({ stream }) => stream === column))
  const stride = 4 * (rowHead + columns.length)
  const accumulators = reductions.map(({ reduce }) => (reduce === 'sum' ? 4 : 1))
  const vectors = nodes.length + accumulators.reduce((a, b) => a + b, 0)
  const words = 4 + used.length
  const signature = {
    in: [i32, i32, i32],
    locals: [...Array.from({ length: words }, () => i32), ...Array.from({ length: vectors }, () => v128)],
    out: [],
  } as const
  const memory = importMemory(shared ? { min: 1, max: 65536, shared } : { min: 1 }, givenLater)

  const run = func(signature as never, (args, locals) => {
    const [row, end, uniforms] = args as unknown as readonly [Word, Word, Word]
    const [count, lanes, leaf, left] = locals as unknown as readonly [Word, Word, Word, Word]
    const pointers = new Map(used.map((column, i) => [column, locals[4 + i] as Word]))
    const values = locals.slice(words, words + nodes.length) as Vector[]
    const sums = reductions.map((_, k) => {
      const first = words + nodes.length + accumulators.slice(0, k).reduce((a, b) => a + b, 0)
      return locals.slice(first, first + (accumulators[k] ?? 0)) as Vector[]
    })
    const pointer = (stream: string): Word => pointers.get(stream) ?? fail(`no stream ${stream}`)

    /** puts the value of a node on the stack, then in its local */
    const compute = (node: Node, i: number, where: At): void => {
      const value = (k: number): Vector => values[k] ?? fail(`no value ${k}`)
      switch (node.op) {
        case 'lit':
          v128.const('f32x4', [node.value, node.value, node.value, node.value])
          break
        case 'uniform':
          v128.load32_splat({ offset: 4 * node.index }, uniforms)
          break
        case 'total': {
          const tree = node.over === 'tree'
          const place = (tree ? layout.treeTotals : layout.leafTotals).indexOf(node.name)
          v128.load32_splat({ offset: 4 * (place + (tree ? kernel.uniforms : 0)) }, tree ? uniforms : leaf)
          break
        }
        case 'read':
          if (where.single) v128.load32_zero({}, pointer(node.stream))
          else v128.load({ offset: where.bytes, align: 1 }, pointer(node.stream))
          break
        case 'isFinite':
          f32x4.abs(value(node.a))
          v128.const('f32x4', infinity)
          f32x4.lt()
          break
        case 'sqrt':
        case 'abs':
          f32x4[node.op](value(node.a))
          break
        case 'select':
          v128.bitselect(value(node.a), value(node.b), value(node.cond))
          break
        default:
          f32x4[node.op](value(node.a), value(node.b))
      }
      local.set(values[i] ?? fail('no local'))
    }
    const elements = (where: At): void => {
      nodes.forEach((node, i) => {
        if (node.rate === 'element') compute(node, i, where)
      })
      writes.forEach(({ stream, value }) => {
        const vector = values[value] ?? fail('no value')
        if (where.single) v128.store32_lane({}, 0, pointer(stream), vector)
        else v128.store({ offset: where.bytes, align: 1 }, pointer(stream), vector)
      })
    }
    /** adds four elements to two of the four pairs of lanes */
    const accumulate = (half: 0 | 1): void => {
      reductions.forEach(({ reduce, value }, k) => {
        const vector = values[value] ?? fail('no value')
        const [a = fail('no lanes'), b = a] = (sums[k] ?? []).slice(reduce === 'sum' ? 2 * half : 0)
        if (reduce === 'max') {
          f32x4.max(a, vector)
          local.set(a)
          return
        }
        f64x2.add(a, f64x2.promote_low_f32x4(vector))
        local.set(a)
        i8x16.shuffle(upperHalf, vector, vector)
        f64x2.promote_low_f32x4()
        local.get(b)
        f64x2.add()
        local.set(b)
      })
    }
    /** the same for one element, in memory */
    const accumulateOne = (): void => {
      reductions.forEach(({ reduce, value }, k) => {
        const vector = values[value] ?? fail('no value')
        const offset = laneBytes * k
        local.get(lanes)
        if (reduce === 'max') {
          f32.load({ offset }, lanes)
          f32x4.extract_lane(0, vector)
          f32.max()
          f32.store({ offset })
        } else {
          f64.load({ offset }, lanes)
          f32x4.extract_lane(0, vector)
          f64.promote_f32()
          f64.add()
          f64.store({ offset })
        }
      })
    }
    const lanesInMemory = (each: (sum: Vector, offset: number) => void): void => {
      sums.forEach((own, k) => {
        own.forEach((sum, i) => {
          each(sum, laneBytes * k + 16 * i)
        })
      })
    }
    const advance = (bytes: number): void => {
      pointers.forEach(address => {
        i32.add(address, bytes)
        local.set(address)
      })
    }
    const loopWhile = (condition: Word, body: () => void): void => {
      loop({}, () => {
        body()
        i32.sub(condition, 1)
        local.tee(condition)
        br_if(0)
      })
    }

    loop({}, () => {
      ;[count, lanes, leaf].forEach((word, i) => {
        i32.load({ offset: 4 * i }, row)
        local.set(word)
      })
      pointers.forEach((address, column) => {
        i32.load({ offset: 4 * (rowHead + columns.indexOf(column)) }, row)
        local.set(address)
      })
      nodes.forEach((node, i) => {
        if (node.rate === 'once') compute(node, i, { single: true })
      })
      lanesInMemory((sum, offset) => {
        v128.load({ offset, align: 1 }, lanes)
        local.set(sum)
      })
      i32.shr_u(count, 3)
      local.tee(left)
      if_({}, () => {
        loopWhile(left, () => {
          elements({ single: false, bytes: 0 })
          accumulate(0)
          elements({ single: false, bytes: 16 })
          accumulate(1)
          advance(32)
        })
      })
      lanesInMemory((sum, offset) => {
        local.get(lanes)
        local.get(sum)
        v128.store({ offset, align: 1 })
      })
      i32.and(count, 7)
      local.tee(left)
      if_({}, () => {
        loopWhile(left, () => {
          elements({ single: true })
          accumulateOne()
          advance(4)
          if (reductions.length > 0) {
            i32.add(lanes, 8)
            local.set(lanes)
          }
        })
      })
      i32.add(row, stride)
      local.set(row)
      i32.lt_u(row, end)
      br_if(0)
    })
  })
  return Uint8Array.from(Module({ exports: { run }, memory }).toBytes())
}
