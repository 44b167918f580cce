/**
 * Interns expressions: equal ones become the same object, so the planner can share work by identity. Every operation of
 * the language gives the same bits for the same operands, so sharing changes no result.
 */
import {
  childrenOf,
  comparing,
  input,
  lit,
  onOperands,
  select,
  binary,
  type BinaryOp,
  type Cond,
  type Expr,
  type Rate,
} from '../rule/expr.js'

/** A node as text, with a number in place of each operand: equal texts are equal nodes. */
export const formOf = (node: Expr | Cond, number: (child: Expr | Cond) => number | undefined): string => {
  if (node.op === 'lit') return Object.is(node.value, -0) ? '-0' : String(node.value)
  if (node.op === 'input') return `${node.rate} ${node.name}`
  return `${node.op} ${childrenOf(node).map(number).join()}`
}

export interface Interner {
  readonly lit: (value: number) => Expr
  readonly input: (name: string, rate: Rate) => Expr
  readonly apply: (op: BinaryOp, a: Expr, b: Expr) => Expr
  /** `expr` with other expressions in place of its inputs */
  readonly substitute: (expr: Expr, inputs: (name: string, rate: Rate) => Expr) => Expr
  /** `expr`, whose nodes are interned, with other expressions in place of some of them */
  readonly replace: (expr: Expr, others: ReadonlyMap<Expr, Expr>) => Expr
}

/** A choice within the same choice is made already. */
const decided = (x: Expr): Expr => {
  if (x.op !== 'select') return x
  const branch = (b: Expr, side: 'a' | 'b'): Expr => (b.op === 'select' && b.cond === x.cond ? b[side] : b)
  const [a, b] = [branch(x.a, 'a'), branch(x.b, 'b')]
  return a === x.a && b === x.b ? x : select(x.cond, a, b)
}

export const interner = (): Interner => {
  const known = new Map<string, Expr | Cond>()
  const ids = new Map<Expr | Cond, number>()
  /** the first node of the same form */
  const intern = <T extends Expr | Cond>(node: T): T => {
    const form = formOf(node, child => ids.get(child))
    const found = known.get(form)
    if (found !== undefined) return found as T // of the same form, so of the same type
    ids.set(node, ids.size)
    known.set(form, node)
    return node
  }
  const rebuild = (
    inputs: (name: string, rate: Rate) => Expr,
    others: ReadonlyMap<Expr, Expr> = new Map(),
  ): ((expr: Expr) => Expr) => {
    const done = new Map(others)
    const expr = (x: Expr): Expr => {
      const made = done.get(x) ?? node(x)
      done.set(x, made)
      return made
    }
    const node = (x: Expr): Expr =>
      x.op === 'input' ? inputs(x.name, x.rate) : intern(decided(onOperands(x, expr, cond)))
    const cond = (x: Cond): Cond => intern(comparing(x, expr))
    return expr
  }
  const named: Interner['input'] = (name, rate) => intern(input(name, rate))
  return {
    lit: value => intern(lit(value)),
    input: named,
    apply: (op, a, b) => intern(binary(op)(a, b)),
    substitute: (expr, inputs) => rebuild(inputs)(expr),
    replace: (expr, others) => rebuild(named, others)(expr),
  }
}
