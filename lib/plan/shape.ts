/**
 * The shape of a list of rules: the same object for lists with equal equations. Other numbers, or the same recipe made
 * again, have the same shape, and so the same plans.
 */
import { recent } from '../recent.js'
import { nodesOf, type Cond, type Expr } from '../rule/expr.js'
import type { Equations, Rule } from '../rule/rule.js'
import { formOf } from './interner.js'

/** A node of the tree in which shapes are found by the identity of one equations object after the other. */
interface ShapeNode {
  readonly below: WeakMap<Equations, ShapeNode>
  shape: object | null
}

const nodeOf = (): ShapeNode => ({ below: new WeakMap(), shape: null })
const root = nodeOf()

/** How many shapes are found by their text, for rules that are made again. */
const mostShapes = 64
const byText = recent<object>(mostShapes)

export const shapeOf = (rules: readonly Rule[]): object => {
  let at = root
  for (const { equations } of rules) {
    const next = at.below.get(equations) ?? nodeOf()
    at.below.set(equations, next)
    at = next
  }
  at.shape ??= shared(rules.map(textOf).join('\n'))
  return at.shape
}

const shared = (text: string): object => {
  const shape = byText.get(text) ?? {}
  byText.set(text, shape)
  return shape
}

const texts = new WeakMap<Equations, string>()

/** Everything that a plan depends on: the names and the equations of a rule. */
const textOf = ({ equations, slots, cells, scalarNames }: Rule): string => {
  const known = texts.get(equations)
  if (known !== undefined) return known
  const { totals, u, p, next, nextCells, extras, readsParams, byLeaf, signals } = equations
  const sends = Object.entries(signals?.sends ?? {})
  const outputs = [
    u,
    ...(p === null ? [] : [p]),
    ...Object.values(next),
    ...Object.values(nextCells),
    ...totals.map(({ of }) => of),
    ...sends.map(([, value]) => value),
  ]
  const numbers = new Map<Expr | Cond, number>()
  const lines: string[] = []
  for (const node of nodesOf(...outputs)) {
    numbers.set(node, lines.length)
    lines.push(formOf(node, child => numbers.get(child) ?? NaN))
  }
  const made = JSON.stringify([
    [Object.keys(slots), scalarNames, Object.keys(next), p !== null, readsParams, byLeaf],
    [Object.entries(cells).map(([name, { over }]) => [name, over]), Object.keys(nextCells), extras],
    totals.map(({ name, over, reduce }) => [name, over, reduce]),
    [sends.map(([name]) => name), signals?.receives],
    outputs.map(expr => numbers.get(expr)),
    lines,
  ])
  texts.set(equations, made)
  return made
}
