/**
 * Generates a WebAssembly module with SIMD for a kernel, on an imported memory. One call runs over many leaves. A table
 * describes them, with a row of 32-bit words per leaf: the number of elements, the address of its lanes, that of its
 * leaf totals, then one address per stream.
 *
 * Eight elements are processed at a time, the rest one by one, by the same operations on the first lane, so no result
 * depends on where a leaf ends. A sum has eight float64 lanes in memory (element i in lane i mod 8), a maximum sixteen
 * float32 lanes; a call continues from their values, so a leaf may be cut into blocks of multiples of eight.
 */
import type { Kernel, Node } from '../../plan/kernel.js'
import { Code, moduleOf, type Local } from './assemble.js'
import { Body, rowHead, type KernelLayout } from './body.js'

/** The name of a node's local, for people. */
const nameOf = (node: Node, i: number): string => {
  switch (node.op) {
    case 'read':
      return node.stream
    case 'total':
      return node.name
    case 'uniform':
      return `k${node.index}`
    case 'lit':
      return `lit${i}`
    default:
      return `x${i}`
  }
}

export const parameters = ['rows', 'end', 'uniforms'] as const

/** Declares the locals of a kernel; `body` emits code that uses them. */
export const partsOf = (code: Code, kernel: Kernel, layout: KernelLayout) => {
  const [count, lanes, leaf, left] = [
    code.local('i32', 'count'),
    code.local('i32', 'lanes'),
    code.local('i32', 'leafTotals'),
    code.local('i32', 'left'),
  ]
  const isUsed = (column: string): boolean =>
    kernel.reads.includes(column) || kernel.writes.some(({ stream }) => stream === column)
  const pointers = new Map(
    layout.columns.filter(isUsed).map(column => [column, code.local('i32', `${column} address`)]),
  )
  const values = kernel.nodes.map((node, i) => code.local('v128', nameOf(node, i)))
  const sums = kernel.reductions.map(({ total, reduce }) =>
    Array.from({ length: reduce === 'sum' ? 4 : 1 }, (_, i) => code.local('v128', `${total} lanes ${i}`)),
  )
  const body = new Body(code, kernel, layout, { lanes, leaf, pointers, values, sums })
  return { count, lanes, leaf, left, pointers, body }
}

/** The bytes of the module; it exports `run(rows, end, uniforms)` and imports `memory` of `env`. */
export const generateWasm = (kernel: Kernel, layout: KernelLayout): Uint8Array<ArrayBuffer> => {
  const code = new Code(parameters)
  const [row, end] = [code.parameter(0), code.parameter(1)]
  const { count, lanes, leaf, left, pointers, body } = partsOf(code, kernel, layout)
  const repeat = (times: Local, run: () => void): void => {
    code.tee(times)
    code.when(() => {
      code.loopWhile(() => {
        run()
        code.op('i32.sub', times, 1)
        code.tee(times)
      })
    })
  }

  code.loopWhile(() => {
    for (const [i, word] of [count, lanes, leaf].entries()) {
      code.memory('i32.load', 4 * i, row)
      code.set(word)
    }
    for (const [column, address] of pointers) {
      code.memory('i32.load', 4 * (rowHead + layout.columns.indexOf(column)), row)
      code.set(address)
    }
    body.once()
    body.loadLanes()
    code.op('i32.shr_u', count, 3)
    repeat(left, () => {
      for (const half of [0, 1] as const) {
        body.elements({ single: false, bytes: 16 * half })
        body.accumulate(half)
      }
      body.advance(32)
    })
    body.storeLanes()
    code.op('i32.and', count, 7)
    repeat(left, () => {
      body.elements({ single: true })
      body.accumulateOne()
      body.advance(4)
    })
    code.op('i32.add', row, 4 * (rowHead + layout.columns.length))
    code.set(row)
    code.op('i32.lt_u', row, end)
  })
  return moduleOf(code, layout.shared)
}
