/** Prints rules: one equation per line, with parentheses in the order of rounding, and names for shared parts. */
import { checked } from '../call/checked.js'
import { childrenOf, nodesOf, type Cond, type Expr } from './expr.js'
import type { Rule } from './rule.js'

const levels = { add: 1, sub: 1, mul: 2, div: 2 } as const
const symbols = { add: '+', sub: '-', mul: '*', div: '/' } as const

/** The text of an expression; a node in `names` is written by its name. */
const text = (expr: Expr, names: ReadonlyMap<Expr, string>, level = 0): string => {
  const name = names.get(expr)
  if (name !== undefined) return name
  const print = (x: Expr, at = 0): string => text(x, names, at)
  switch (expr.op) {
    case 'lit':
      return Object.is(expr.value, -0) ? '-0' : String(expr.value)
    case 'input':
      return expr.name
    case 'sqrt':
    case 'abs':
      return `${expr.op}(${print(expr.a)})`
    case 'select':
      return `select(${condition(expr.cond, print)}, ${print(expr.a)}, ${print(expr.b)})`
    default: {
      const own = levels[expr.op]
      // The right operand of the same level keeps its parentheses: float addition is not associative.
      const line = `${print(expr.a, own)} ${symbols[expr.op]} ${print(expr.b, own + 0.5)}`
      return own < level ? `(${line})` : line
    }
  }
}

const condition = (cond: Cond, print: (x: Expr) => string): string =>
  cond.op === 'lt' ? `${print(cond.a)} < ${print(cond.b)}` : `isFinite(${print(cond.a)})`

/** Operations that are read more than once, each after its operands. What a comparison reads, its readers read. */
const shared = (outputs: readonly Expr[]): readonly Expr[] => {
  const nodes = nodesOf(...outputs)
  const readers = new Map<Expr | Cond, number>()
  for (const node of [...nodes].reverse()) {
    const times = isExpr(node) ? 1 : (readers.get(node) ?? 0)
    childrenOf(node).forEach(child => readers.set(child, (readers.get(child) ?? 0) + times))
  }
  return [...nodes].filter(isExpr).filter(node => !isLeaf(node) && (readers.get(node) ?? 0) > 1)
}

const isExpr = (node: Expr | Cond): node is Expr => node.op !== 'lt' && node.op !== 'isFinite'
const isLeaf = (node: Expr): boolean => node.op === 'lit' || node.op === 'input'

/** A total as it is printed. */
export interface TotalLine {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  readonly of: Expr
}

/** Totals, then named outputs, a line each; shared parts have a line of their own before the first that reads them. */
export const equations = (
  totals: readonly TotalLine[],
  outputs: readonly (readonly [name: string, expr: Expr])[],
): readonly string[] => {
  const roots = [...totals.map(({ of }) => of), ...outputs.map(([, expr]) => expr)]
  const names = new Map(outputs.filter(([, expr]) => !isLeaf(expr)).map(([name, expr]) => [expr, name]))
  shared(roots)
    .filter(expr => !names.has(expr))
    .forEach((expr, i) => names.set(expr, `x${i + 1}`))

  const written = new Set<Expr>()
  /** lines for the named nodes of `expr` that have none yet */
  const parts = (expr: Expr): readonly string[] =>
    [...nodesOf(expr)].filter(isExpr).flatMap(node => {
      const name = names.get(node)
      if (name === undefined || written.has(node)) return []
      written.add(node)
      return [`${name} = ${text(node, without(names, node))}`]
    })
  return [
    ...totals.flatMap(({ name, over, reduce, of }) => [
      ...parts(of),
      `${name} = ${reduce} over ${over} of ${text(of, names)}`,
    ]),
    ...outputs.flatMap(([name, expr]) => [
      ...parts(expr),
      ...(names.get(expr) === name ? [] : [`${name} = ${text(expr, names)}`]),
    ]),
  ]
}

/** An expression on one line. */
export const printExpr = (expr: Expr): string => text(expr, new Map())

/**
 * The equations of a rule.
 *
 * @example
 * import { elementwise, mul, printRule } from 'tfjs-optax/rule'
 * const { program } = elementwise({ name: 'halved', step: ({ u }) => ({ u: mul(u, 0.5) }) })
 * const lines = program.kind === 'rule' ? printRule(program.rule).split('\n') : []
 * // lines[1].trim() is "u' = u * 0.5"
 */
export const printRule = /* @__PURE__ */ checked({ who: 'printRule', takes: ['rule'] }, (rule: Rule): string => {
  const outputs: readonly (readonly [name: string, expr: Expr])[] = [
    ...Object.entries({ ...rule.next, ...rule.nextCells }).map(([name, expr]) => [`${name}'`, expr] as const),
    ...(rule.p === null ? [] : [["p'", rule.p] as const]),
    ["u'", rule.u],
  ]
  const computed = rule.scalarNames.filter(name => !Object.hasOwn(rule.hyper, name))
  return [
    `${rule.name}(${Object.keys(rule.hyper).join(', ')})${computed.length > 0 ? ` computes ${computed.join(', ')}` : ''}`,
    ...Object.entries(rule.slots).map(([slot, expr]) => `  ${slot} = ${printExpr(expr)} at first`),
    ...Object.entries(rule.cells).map(([cell, { over, first }]) => `  ${cell} = ${first} at first, over ${over}`),
    ...rule.extras.map(name => `  ${name} is given`),
    ...equations(rule.totals, outputs).map(line => `  ${line}`),
  ].join('\n')
})

const without = (names: ReadonlyMap<Expr, string>, expr: Expr): ReadonlyMap<Expr, string> =>
  new Map([...names].filter(([key]) => key !== expr))
