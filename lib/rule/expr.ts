/**
 * The language of per-element rules: immutable expressions over `u` (update), `p` (parameter), slots, totals and this
 * step's scalars. Only correctly rounded operations, so that every interpreter on a CPU gives the same bits. No loops,
 * no indices, no tfjs op, no device. Sharing is by identity: a node used twice is computed once.
 */

import { checked } from '../call/checked.js'
import { notACondition, notAnOperand } from '../errors.js'
import { expressionAsValue } from '../errors/rule.js'

/** How often a node changes: known on the host, one value per leaf or tree, one per element. */
export type Rate = 'scalar' | 'total' | 'element'

export type BinaryOp = 'add' | 'sub' | 'mul' | 'div'
export type UnaryOp = 'sqrt' | 'abs'

/** A number per element, per total, or of this step. */
export type Expr =
  | { readonly op: 'lit'; readonly rate: 'scalar'; readonly value: number }
  | { readonly op: 'input'; readonly rate: Rate; readonly name: string }
  | { readonly op: BinaryOp; readonly rate: Rate; readonly a: Expr; readonly b: Expr }
  | { readonly op: UnaryOp; readonly rate: Rate; readonly a: Expr }
  | { readonly op: 'select'; readonly rate: Rate; readonly cond: Cond; readonly a: Expr; readonly b: Expr }

/** A truth value; only `select` reads one. */
export type Cond =
  | { readonly op: 'lt'; readonly rate: Rate; readonly a: Expr; readonly b: Expr }
  | { readonly op: 'isFinite'; readonly rate: Rate; readonly a: Expr }

/** Where a rule takes an expression, a number does as well. */
export type Operand = Expr | number

/** What JavaScript's own operators ask of a node: `u > 0 ? u : 0` would otherwise be 0 whatever `u` is. */
const noValue: object = Object.freeze({
  __proto__: null,
  [Symbol.toPrimitive]: (): never => {
    throw expressionAsValue()
  },
})
const node = <T extends Expr | Cond>(fields: T): T => Object.freeze({ __proto__: noValue, ...fields } as T)

const order: Readonly<Record<Rate, number>> = { scalar: 0, total: 1, element: 2 }
const faster = (a: Rate, b: Rate): Rate => (order[a] < order[b] ? b : a)

export const lit = (value: number): Expr => node({ op: 'lit', rate: 'scalar', value })
export const input = (name: string, rate: Rate): Expr => node({ op: 'input', rate, name })

const isNode = (x: unknown): x is Expr | Cond => typeof x === 'object' && x !== null && 'op' in x && 'rate' in x
const isCond = (x: Expr | Cond): x is Cond => x.op === 'lt' || x.op === 'isFinite'

/** An operand as an expression; what came is checked, since a rule's inputs have names that can be misspelt. */
export const toExpr = (x: unknown, op = 'rule'): Expr => {
  if (typeof x === 'number' && !Number.isNaN(x)) return lit(x) // NaN is what JavaScript's own `u * 2` gives
  if (!isNode(x) || isCond(x)) throw notAnOperand(op, x)
  return x
}

const binary = (op: BinaryOp) =>
  checked({ who: op, takes: ['a', 'b'] }, (x: Operand, y: Operand): Expr => {
    const a = toExpr(x, op)
    const b = toExpr(y, op)
    return node({ op, rate: faster(a.rate, b.rate), a, b })
  })
const unary = (op: UnaryOp) =>
  checked({ who: op, takes: ['x'] }, (x: Operand): Expr => {
    const a = toExpr(x, op)
    return node({ op, rate: a.rate, a })
  })

/** `a + b` */
export const add = binary('add')
/** `a - b` */
export const sub = binary('sub')
/** `a * b` */
export const mul = binary('mul')
/** `a / b` */
export const div = binary('div')
/** The square root, NaN below zero. */
export const sqrt = unary('sqrt')
/** `|a|` */
export const abs = unary('abs')

/** `a < b`; false where one of them is NaN. */
export const lt = /* @__PURE__ */ checked({ who: 'lt', takes: ['a', 'b'] }, (x: Operand, y: Operand): Cond => {
  const a = toExpr(x, 'lt')
  const b = toExpr(y, 'lt')
  return node({ op: 'lt', rate: faster(a.rate, b.rate), a, b })
})
/** False for NaN and the infinities. */
export const isFinite = /* @__PURE__ */ checked({ who: 'isFinite', takes: ['a'] }, (x: Operand): Cond => {
  const a = toExpr(x, 'isFinite')
  return node({ op: 'isFinite', rate: a.rate, a })
})
/** `a` where the condition holds, else `b`; the other one never leaks in, not even as NaN. */
export const select = /* @__PURE__ */ checked(
  { who: 'select', takes: ['cond', 'a', 'b'] },
  (cond: Cond, x: Operand, y: Operand): Expr => {
    if (!isNode(cond) || !isCond(cond)) throw notACondition(cond)
    const a = toExpr(x, 'select')
    const b = toExpr(y, 'select')
    return node({ op: 'select', rate: faster(cond.rate, faster(a.rate, b.rate)), cond, a, b })
  },
)

/** What a node reads, in order. */
export const childrenOf = (node: Expr | Cond): readonly (Expr | Cond)[] => [
  ...('cond' in node ? [node.cond] : []),
  ...('a' in node ? [node.a] : []),
  ...('b' in node ? [node.b] : []),
]

/** Every node below some expressions, themselves included, each once and after what it reads. */
export const nodesOf = (...exprs: readonly Expr[]): ReadonlySet<Expr | Cond> => {
  const done = new Set<Expr | Cond>()
  const visit = (node: Expr | Cond): void => {
    if (done.has(node)) return
    childrenOf(node).forEach(visit)
    done.add(node)
  }
  exprs.forEach(visit)
  return done
}

/** Whether an expression is the number -0, which added to any number leaves its bits as they are; 0 makes 0 of -0. */
export const addsNothing = (x: Expr): boolean => x.op === 'lit' && Object.is(x.value, -0)
