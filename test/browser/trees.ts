/** Trees to step through: leaves of every kind of shape, with values of many magnitudes. */
import * as tf from '@tensorflow/tfjs-core'

/** Whole blocks of elements and what is left of them; matrices with odd rows and columns; several ranks. */
export const shapes = {
  a: { n0: [0], n1: [1], n3: [3], n4: [4], n63: [63], n1000: [1000], matrix: [3, 5] },
  b: {
    scalar: [],
    n1001: [1001],
    four: [2, 3, 3, 5],
    even: [4, 6],
    three: [3, 1, 7],
    five: [2, 1, 2, 3, 2],
    none: [2, 0],
  },
} as const

type Make = (i: number, seed: number) => number

/** Numbers of either sign from 0.001 to 10, zeros among them. */
export const plain: Make = (i, seed) => (i % 11 === 10 ? 0 : Math.sin(1 + 7 * i + 3 * seed) * 10 ** ((i % 5) - 3))

const odd = [NaN, Infinity, -Infinity, -0, 1e-45, -1e-40, 3e38, -3e38, 1e19, 1e-20]
/** The same with some of those that need care. */
export const hard: Make = (i, seed) => ((i + seed) % 13 === 5 ? (odd[(i + seed) % odd.length] ?? NaN) : plain(i, seed))

const isShape = (x: unknown): x is readonly number[] => Array.isArray(x)

/** A tree of tensors of such shapes. */
export const treeOf = (of: unknown, make: Make, seed: number): unknown => {
  let leaves = 0
  const visit = (node: unknown): unknown => {
    if (!isShape(node)) return Object.fromEntries(Object.entries(node as object).map(([key, x]) => [key, visit(x)]))
    const size = node.reduce((n, d) => n * d, 1)
    const first = 17 * leaves++
    return tf.tensor(
      Float32Array.from({ length: size }, (_, i) => make(first + i, seed)),
      [...node],
      'float32',
    )
  }
  return visit(of)
}
