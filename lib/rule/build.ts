/** Builds rules from definitions: the author's functions run once, on symbols, and return expressions. */
import type { AnyRule } from './definition.js'
import { input, nodesOf, toExpr, type Cond, type Expr, type Rate } from './expr.js'
import { buildNumbers, type DefinedNumbers } from './numbers.js'
import type { CellRunner, Equations, Hypers, Rule, Total } from './rule.js'

const symbols = (names: readonly string[], rate: Rate): Record<string, Expr> =>
  Object.fromEntries(names.map(name => [name, input(name, rate)]))

const isInput = (x: Expr | Cond, name: string): boolean => x.op === 'input' && x.rate === 'element' && x.name === name

interface Building {
  readonly ours: boolean
  /** runs cells and extras; rules without them need none */
  readonly cellRunner?: CellRunner
  /** while this hyperparameter is the number 0 the rule does nothing: a product with 0 is NaN if the other factor is infinite */
  readonly offAt0?: string
}

/** The rule of a definition, which is not checked here; `checkRule` does that for users' definitions. */
export const buildRule = (definition: AnyRule, { ours, cellRunner: runner, offAt0 }: Building): Rule => {
  const slotNames = Object.keys(definition.slots ?? {})
  const { cells = {}, extras = [], receives = {}, sends } = definition
  const cellNames = Object.keys(cells)
  const cellRunner = cellNames.length + extras.length > 0 ? (runner ?? null) : null
  const numbers = buildNumbers(definition, ours)
  const known = symbols(numbers.scalarNames, 'scalar')
  const seen = { ...symbols(['u', 'p', ...slotNames], 'element'), ...symbols([...cellNames, ...extras], 'total') }
  for (const [name, rate] of Object.entries(receives)) seen[name] = input(name, rate)
  const totals = Object.entries(definition.totals ?? {}).map(([name, { over, of, reduce = 'sum' }]): Total => {
    const term = toExpr(of({ ...seen }, known))
    seen[name] = input(name, 'total')
    return Object.freeze({ name, over, reduce, of: term })
  })
  const out: Readonly<Record<string, Expr | number>> & { readonly u: Expr | number } = definition.step(seen, known)
  const nextOf = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, toExpr(out[name] ?? NaN)]))
  const [next, nextCells] = [nextOf(slotNames), nextOf(cellNames)]
  const u = toExpr(out.u)
  const moved = out['p'] === undefined ? null : toExpr(out['p'])
  const p = moved !== null && isInput(moved, 'p') ? null : moved // a rule that returns `p` unchanged does not move it
  const all = nodesOf(u, ...Object.values(next), ...totals.map(total => total.of))
  const readsParams = p !== null || [...all].some(x => isInput(x, 'p'))
  const sent = Object.entries(sends?.(seen, known) ?? {}).map(([name, value]) => [name, toExpr(value)] as const)
  const isSignalling = sent.length + Object.keys(receives).length > 0
  const signals = isSignalling ? { signals: { sends: Object.fromEntries(sent), receives } } : {}
  const on: Equations = { totals, u, p, next, nextCells, extras, readsParams, byLeaf: false, ...signals }
  const byLeaf: Equations = { ...on, byLeaf: true }
  /** only for rules without slots and cells */
  const off: Equations = {
    ...on,
    totals: [],
    u: input('u', 'element'),
    p: null,
  }
  /** the rule with these numbers; all rules made here share the same equation objects */
  const withNumbers = (now: DefinedNumbers): Rule => {
    const isOff = offAt0 !== undefined && now.hyper[offAt0]?.value === 0
    const equations = isOff ? off : now.byPath.length > 0 ? byLeaf : on
    const withHyper = (hyper: Hypers): Rule => withNumbers(now.withHyper(hyper))
    return Object.freeze({ ...now, ...equations, cells, cellRunner, equations, withHyper })
  }
  return withNumbers(numbers)
}
