/**
 * Interns expressions: equal ones become the same object, so the planner can share work by identity. Every operation of
 * the language gives the same bits for the same operands, so sharing changes no result.
 */
import { childrenOf, input, lit, type BinaryOp, type Cond, type Expr, type Rate } from '../rule/expr.js'
import * as make from '../rule/expr.js'

export interface Interner {
  readonly lit: (value: number) => Expr
  readonly input: (name: string, rate: Rate) => Expr
  readonly apply: (op: BinaryOp, a: Expr, b: Expr) => Expr
  /** `expr` with other expressions in place of its inputs */
  readonly substitute: (expr: Expr, inputs: (name: string, rate: Rate) => Expr) => Expr
  /** `expr`, whose nodes are interned, with other expressions in place of some of them */
  readonly replace: (expr: Expr, others: ReadonlyMap<Expr, Expr>) => Expr
}

export const interner = (): Interner => {
  const known = new Map<string, Expr | Cond>()
  const ids = new Map<Expr | Cond, number>()
  /** the first node of the same form */
  const intern = <T extends Expr | Cond>(node: T): T => {
    const form =
      node.op === 'lit'
        ? `lit ${Object.is(node.value, -0) ? '-0' : node.value}`
        : node.op === 'input'
          ? `${node.rate} ${node.name}`
          : `${node.op} ${childrenOf(node)
              .map(child => ids.get(child))
              .join()}`
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
    const node = (x: Expr): Expr => {
      switch (x.op) {
        case 'lit':
          return intern(x)
        case 'input':
          return inputs(x.name, x.rate)
        case 'sqrt':
        case 'abs':
          return intern(make[x.op](expr(x.a)))
        case 'select':
          return intern(make.select(cond(x.cond), expr(x.a), expr(x.b)))
        default:
          return intern(make[x.op](expr(x.a), expr(x.b)))
      }
    }
    const cond = (x: Cond): Cond => intern(x.op === 'lt' ? make.lt(expr(x.a), expr(x.b)) : make.isFinite(expr(x.a)))
    return expr
  }
  const named: Interner['input'] = (name, rate) => intern(input(name, rate))
  return {
    lit: value => intern(lit(value)),
    input: named,
    apply: (op, a, b) => intern(make[op](a, b)),
    substitute: (expr, inputs) => rebuild(inputs)(expr),
    replace: (expr, others) => rebuild(named, others)(expr),
  }
}
