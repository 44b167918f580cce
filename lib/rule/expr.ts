/**
 * The language of per-element rules: immutable expressions over `u` (update), `p` (parameter), slots, totals and this
 * step's scalars. All operations are correctly rounded, so every interpreter on a CPU gives the same bits. There are no
 * loops, indices, tfjs ops or devices. Sharing is by identity: a node used twice is computed once.
 */

/** How often a node changes: one value per step, known on the host; one per leaf or tree; one per element. */
export type Rate = 'scalar' | 'total' | 'element'

/** The operations of the rule language on two numbers. */
export type BinaryOp = 'add' | 'sub' | 'mul' | 'div'
/** The operations of the rule language on one number. */
export type UnaryOp = 'sqrt' | 'abs'

/** A number: per element, per leaf or tree, or per step. */
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

/** An argument of an operation: an expression or a number. */
export type Operand = Expr | number

let prototype: object | null = null

/** Effect: nodes that are made from now on have this prototype. */
export const useNodePrototype = (other: object): void => {
  prototype = other
}

const node = <T extends Expr | Cond>(fields: T): T => Object.freeze({ __proto__: prototype, ...fields } as T)

const order: Readonly<Record<Rate, number>> = { scalar: 0, total: 1, element: 2 }
const faster = (a: Rate, b: Rate): Rate => (order[a] < order[b] ? b : a)

export const lit = (value: number): Expr => node({ op: 'lit', rate: 'scalar', value })
export const input = (name: string, rate: Rate): Expr => node({ op: 'input', rate, name })

/** An operand as an expression. */
export const toExpr = (x: Operand): Expr => (typeof x === 'number' ? lit(x) : x)

/** The operation of that name on two operands. */
export const binary =
  (op: BinaryOp) =>
  (x: Operand, y: Operand): Expr => {
    const a = toExpr(x)
    const b = toExpr(y)
    return node({ op, rate: faster(a.rate, b.rate), a, b })
  }
/** The operation of that name on one operand. */
export const unary =
  (op: UnaryOp) =>
  (x: Operand): Expr => {
    const a = toExpr(x)
    return node({ op, rate: a.rate, a })
  }

// Documented in language.ts, where they are public.
export const add = /* @__PURE__ */ binary('add')
export const sub = /* @__PURE__ */ binary('sub')
export const mul = /* @__PURE__ */ binary('mul')
export const div = /* @__PURE__ */ binary('div')
export const sqrt = /* @__PURE__ */ unary('sqrt')
export const abs = /* @__PURE__ */ unary('abs')

export const lt = (x: Operand, y: Operand): Cond => {
  const a = toExpr(x)
  const b = toExpr(y)
  return node({ op: 'lt', rate: faster(a.rate, b.rate), a, b })
}
export const isFinite = (x: Operand): Cond => {
  const a = toExpr(x)
  return node({ op: 'isFinite', rate: a.rate, a })
}
export const select = (cond: Cond, x: Operand, y: Operand): Expr => {
  const a = toExpr(x)
  const b = toExpr(y)
  return node({ op: 'select', rate: faster(cond.rate, faster(a.rate, b.rate)), cond, a, b })
}

/** The same operation on other operands; a literal or an input has none. */
export const onOperands = (x: Expr, expr: (x: Expr) => Expr, cond: (x: Cond) => Cond): Expr => {
  switch (x.op) {
    case 'lit':
    case 'input':
      return x
    case 'sqrt':
    case 'abs':
      return unary(x.op)(expr(x.a))
    case 'select':
      return select(cond(x.cond), expr(x.a), expr(x.b))
    default:
      return binary(x.op)(expr(x.a), expr(x.b))
  }
}

/** The same comparison of other operands. */
export const comparing = (x: Cond, expr: (x: Expr) => Expr): Cond =>
  x.op === 'lt' ? lt(expr(x.a), expr(x.b)) : isFinite(expr(x.a))

/** The operands of a node, in order. */
export const childrenOf = (node: Expr | Cond): readonly (Expr | Cond)[] => [
  ...('cond' in node ? [node.cond] : []),
  ...('a' in node ? [node.a] : []),
  ...('b' in node ? [node.b] : []),
]

/** Every node of some expressions, each once and after its operands. */
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

/** Whether an expression is the number -0: adding it changes no bit of any number, whereas -0 + 0 is 0. */
export const addsNothing = (x: Expr): boolean => x.op === 'lit' && Object.is(x.value, -0)
