/**
 * A kernel: one pass over the elements of a leaf, as a list of operations for code generators. It contains no shapes,
 * and hyperparameters reach it as uniforms, so kernels with equal text have equal code.
 */
import type { BinaryOp, Cond, Expr, UnaryOp } from '../rule/expr.js'
import { nodesOf, select } from '../rule/expr.js'

/** An operation; operands are indices of earlier nodes. Comparisons give truth values, all others float32. */
export type Operation =
  | { readonly op: 'lit'; readonly value: number }
  /** a number that the host evaluates for this step; `over: 'leaf'` if it differs by leaf */
  | { readonly op: 'uniform'; readonly index: number; readonly over?: 'leaf' }
  /** a total of the whole tree, or of this leaf */
  | { readonly op: 'total'; readonly name: string; readonly over: 'tree' | 'leaf' }
  /** the current element of a stream */
  | { readonly op: 'read'; readonly stream: string }
  | { readonly op: BinaryOp | 'lt'; readonly a: number; readonly b: number }
  | { readonly op: UnaryOp | 'isFinite'; readonly a: number }
  | { readonly op: 'select'; readonly cond: number; readonly a: number; readonly b: number }

/** `once` nodes are the same for all elements of a leaf and are computed before them. */
export type Node = Operation & { readonly rate: 'once' | 'element' }

/** The indices of the nodes that a node reads. */
export const operandsOf = (node: Node): readonly number[] => [
  ...('cond' in node ? [node.cond] : []),
  ...('a' in node ? [node.a] : []),
  ...('b' in node ? [node.b] : []),
]

export interface Kernel {
  readonly nodes: readonly Node[]
  /** the number of its uniforms */
  readonly uniforms: number
  /** the streams that it reads, and those that it writes, with the index of each value's node */
  readonly reads: readonly string[]
  readonly writes: readonly { readonly stream: string; readonly value: number }[]
  /** the totals that it reduces, with the index of each value's node */
  readonly reductions: readonly {
    readonly total: string
    readonly reduce: 'sum' | 'max'
    readonly value: number
  }[]
}

/** A kernel with the expressions of its uniforms, which read the scalars of the rules. */
export interface Lowered {
  readonly kernel: Kernel
  readonly uniforms: readonly Expr[]
  /** the indices of the uniforms that differ by leaf */
  readonly leafUniforms: readonly number[]
}

/** The outputs of one pass: streams to write, totals to reduce. */
export interface Sinks {
  readonly writes: readonly { readonly stream: string; readonly value: Expr }[]
  readonly reductions: readonly {
    readonly total: string
    readonly reduce: 'sum' | 'max'
    readonly of: Expr
  }[]
}

/** The meaning of an input of rate `total`: a total, or a host scalar rounded to float32. */
export type TotalInput =
  { readonly kind: 'total'; readonly over: 'tree' | 'leaf' } | { readonly kind: 'rounded'; readonly value: Expr }

/**
 * A condition on scalars as a number: 1 if it holds, else 0. The kernel compares it with 0, so its text is the same for
 * both.
 */
const asNumber = (cond: Cond): Expr => select(cond, 1, 0)

/** The meaning of inputs that are no elements. */
export interface Meaning {
  readonly total: (name: string) => TotalInput
  /** the scalars that differ by leaf */
  readonly byLeaf: ReadonlySet<string>
}

/** The kernel for some sinks; each operation occurs once, after its operands. */
export const lower = ({ writes, reductions }: Sinks, meaning: Meaning): Lowered => {
  const nodes: Node[] = []
  const done = new Map<Expr | Cond, number>()
  const forms = new Map<string, number>()
  const uniforms: Expr[] = []
  const reads: string[] = []
  const uniformOf = new Map<Expr, number>()

  const push = (node: Node): number => {
    const form = JSON.stringify(node)
    const found = node.op === 'lit' ? undefined : forms.get(form)
    if (found !== undefined) return found
    forms.set(form, nodes.length)
    return nodes.push(node) - 1
  }
  const uniform = (expr: Expr): number => {
    const index = uniformOf.get(expr) ?? uniforms.push(expr) - 1
    uniformOf.set(expr, index)
    return push({ op: 'uniform', index, ...(differs(expr) ? { over: 'leaf' } : {}), rate: 'once' })
  }
  const differs = (expr: Expr): boolean =>
    meaning.byLeaf.size > 0 && [...nodesOf(expr)].some(node => node.op === 'input' && meaning.byLeaf.has(node.name))
  const rateOf = (...children: readonly number[]): 'once' | 'element' =>
    children.every(child => nodes[child]?.rate === 'once') ? 'once' : 'element'

  const value = (x: Expr): number => {
    const known = done.get(x)
    if (known !== undefined) return known
    const made = number(x)
    done.set(x, made)
    return made
  }
  const number = (x: Expr): number => {
    if (x.op === 'lit') return push({ op: 'lit', value: Math.fround(x.value), rate: 'once' })
    if (x.rate === 'scalar') return uniform(x)
    switch (x.op) {
      case 'input': {
        if (x.rate === 'element') {
          if (!reads.includes(x.name)) reads.push(x.name)
          return push({ op: 'read', stream: x.name, rate: 'element' })
        }
        const stands = meaning.total(x.name)
        return stands.kind === 'rounded'
          ? value(stands.value)
          : push({ op: 'total', name: x.name, over: stands.over, rate: 'once' })
      }
      case 'select': {
        const [cond, a, b] = [truth(x.cond), value(x.a), value(x.b)]
        return push({ op: 'select', cond, a, b, rate: rateOf(cond, a, b) })
      }
      case 'sqrt':
      case 'abs': {
        const a = value(x.a)
        return push({ op: x.op, a, rate: rateOf(a) })
      }
      default: {
        const [a, b] = [value(x.a), value(x.b)]
        return push({ op: x.op, a, b, rate: rateOf(a, b) })
      }
    }
  }
  const truth = (x: Cond): number => {
    const known = done.get(x)
    if (known !== undefined) return known
    const made = x.rate === 'scalar' ? above0(uniform(asNumber(x))) : test(x)
    done.set(x, made)
    return made
  }
  const above0 = (b: number): number =>
    push({ op: 'lt', a: push({ op: 'lit', value: 0, rate: 'once' }), b, rate: 'once' })
  const test = (x: Cond): number => {
    if (x.op === 'isFinite') {
      const a = value(x.a)
      return push({ op: 'isFinite', a, rate: rateOf(a) })
    }
    const [a, b] = [value(x.a), value(x.b)]
    return push({ op: 'lt', a, b, rate: rateOf(a, b) })
  }
  const kernelReductions = reductions.map(({ total, reduce, of }) => ({ total, reduce, value: value(of) }))
  const kernelWrites = writes.map(({ stream, value: expr }) => ({ stream, value: value(expr) }))
  return {
    kernel: { nodes, uniforms: uniforms.length, reads, writes: kernelWrites, reductions: kernelReductions },
    uniforms,
    leafUniforms: nodes.flatMap(node => (node.op === 'uniform' && node.over === 'leaf' ? [node.index] : [])),
  }
}
