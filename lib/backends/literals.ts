/**
 * Folds operations on literals. Shader compilers would fold them with other results: in WGSL an overflow, 1 / 0 and
 * sqrt(-1) are errors, in GLSL sqrt(-1) may be 0.
 */
import { float64 } from '../rule/arith.js'
import type { Kernel, Node } from '../plan/kernel.js'

/** The constant value of a node; null if it depends on the step. */
const knownOf = (node: Node, known: readonly (number | boolean | null)[]): number | boolean | null => {
  const number = (i: number): number | null => {
    const value = known[i]
    return typeof value === 'number' ? value : null
  }
  switch (node.op) {
    case 'lit':
      return node.value
    case 'uniform':
    case 'total':
    case 'read':
      return null
    case 'sqrt':
    case 'abs':
    case 'isFinite': {
      const a = number(node.a)
      return a === null ? null : float64[node.op](a)
    }
    case 'select': {
      const cond = known[node.cond]
      return typeof cond === 'boolean' ? number(cond ? node.a : node.b) : null
    }
    default: {
      const [a, b] = [number(node.a), number(node.b)]
      return a === null || b === null ? null : float64[node.op](a, b)
    }
  }
}

/** The kernel with its constant nodes as literals. */
export const foldLiterals = (kernel: Kernel): Kernel => {
  const known: (number | boolean | null)[] = []
  const nodes = kernel.nodes.map((node): Node => {
    const value = knownOf(node, known)
    const rounded = typeof value === 'number' ? Math.fround(value) : value
    known.push(rounded)
    return typeof rounded === 'number' ? { op: 'lit', value: rounded, rate: 'once' } : node
  })
  return { ...kernel, nodes }
}
