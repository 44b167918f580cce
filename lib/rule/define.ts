/** From what the author of a rule writes to the rule: the functions run once, on symbols, and leave expressions. */
import { badArgument, missingOutput, unknownOutput } from '../errors.js'
import { isRecord } from '../tree/structure.js'
import { input, nodesOf, type Cond, type Expr, type Operand, type Rate } from './expr.js'
import type { Hyper } from './hyper.js'
import {
  attempt,
  checkHyper,
  expressionOf,
  refuseLeftOver,
  distinct,
  firstSlots,
  rehyper,
  scalarsOf,
  type Hypers,
  type NumbersDefinition,
  type ScalarsByStep,
  type Symbols,
} from './numbers.js'
import { refuseUnknown } from './options.js'
import type { Rule, Total } from './rule.js'

export type { Symbols } from './numbers.js'

/** What the author of a rule writes. `H` names hyperparameters, `S` slots, `T` totals, `C` scalars. */
export interface RuleDefinition<
  H extends string,
  S extends string,
  T extends string,
  C extends string,
> extends NumbersDefinition<H, S, C> {
  /** evaluated in order; `of` sees elements, scalars and the totals before it */
  readonly totals?: {
    readonly [k in T]: {
      readonly over: 'tree' | 'leaf'
      readonly of: (x: Symbols<'u' | 'p' | S | T>, k: Symbols<C>) => Operand
      readonly reduce?: 'sum' | 'max'
    }
  }
  /** the new update, the next value of every slot, and `p` if the rule moves the parameter itself */
  readonly step: (
    x: Symbols<'u' | 'p' | S | T>,
    k: Symbols<C>,
  ) => { readonly u: Operand; readonly p?: Operand } & { readonly [k in NoInfer<S>]: Operand }
}

const fields = ['name', 'unknown', 'hyper', 'options', 'slots', 'scalars', 'totals', 'step']

const symbols = (names: readonly string[], rate: Rate): Record<string, Expr> =>
  Object.fromEntries(names.map(name => [name, input(name, rate)]))

/** The rule of a definition; everything that can be wrong with it is found here, not in a step. `ours` as in `Rule`. */
export const defineRule = <H extends string, S extends string, T extends string, C extends string>(
  definition: RuleDefinition<H, S, T, C>,
  ours = false,
): Rule => {
  // The definition is generic in its names, the symbols are made by name: the types meet here, once.
  if (!isRecord(definition)) throw badArgument('elementwise', 'definition', 'a record', definition)
  const written = definition as unknown as RuleDefinition<string, string, string, string>
  const { name, unknown = {}, hyper = {}, options = {}, slots = {}, totals = {}, step } = written
  if (typeof name !== 'string' || name === '') throw badArgument('elementwise', 'name', 'a non-empty string', name)
  refuseLeftOver(name, unknown, { ...hyper, ...options })
  refuseUnknown(name, definition, fields)
  checkHyper(name, hyper)
  if (typeof step !== 'function') throw badArgument(name, 'step', 'a function', step)

  const slotNames = Object.keys(slots)
  const { scalars, scalarNames } = scalarsOf(name, hyper, written.scalars)
  const inputs = { 'an input of every rule': ['u', 'p'], 'a field of every state': ['count'], 'a slot': slotNames }
  distinct(name, { ...inputs, 'a total': Object.keys(totals), 'a scalar': scalarNames })

  /** What an author's function gives, as an expression; its failure names the rule. */
  const expression = (what: string, given: readonly Symbols<string>[], make: () => unknown): Expr =>
    expressionOf(name, what, given, make)
  const elements = symbols(['u', 'p', ...slotNames], 'element')
  const known = symbols(scalarNames, 'scalar')
  const seen: Record<string, Expr> = { ...elements }
  const reductions = Object.entries(totals).map(([total, { over, of, reduce = 'sum' }]): Total => {
    if (!['tree', 'leaf'].includes(over)) throw badArgument(name, `totals.${total}.over`, "'tree' or 'leaf'", over)
    if (!['sum', 'max'].includes(reduce)) throw badArgument(name, `totals.${total}.reduce`, "'sum' or 'max'", reduce)
    const before = { ...seen }
    seen[total] = input(total, 'total')
    return Object.freeze({
      name: total,
      over,
      reduce,
      of: expression(`totals.${total}`, [before, known], () => of(before, known)),
    })
  })

  const out = outputsOf(name, slotNames, () => step(seen, known))
  const result = (key: string): Expr => expression(`step's ${key}`, [seen, known], () => out[key])
  const next = Object.fromEntries(slotNames.map(slot => [slot, result(slot)]))
  const u = result('u')
  const moved = out['p'] === undefined ? null : result('p')
  const p = moved !== null && isInput(moved, 'p') ? null : moved // the parameter as it is: the rule does not move it
  const all = nodesOf(u, ...Object.values(next), ...reductions.map(total => total.of))
  const readsParams = p !== null || [...all].some(x => isInput(x, 'p'))
  const equations = {
    name,
    options: Object.freeze({ ...options }),
    ours,
    slots: firstSlots(name, slots),
    totals: reductions,
    u,
    p,
    next,
    readsParams,
  }
  /** Only numbers differ between the rules that this makes: the equations are the same objects. */
  const withNumbers = (hyper: Hypers, numbers: ScalarsByStep): Rule =>
    Object.freeze({
      ...equations,
      hyper,
      ...numbers,
      withHyper: (changes: Readonly<Record<string, Hyper>>) => {
        const next = rehyper(name, hyper, changes)
        return withNumbers(next, scalarsOf(name, next, written.scalars))
      },
    })
  return withNumbers(hyper, { scalars, scalarNames })
}

const isInput = (x: Expr | Cond, name: string): boolean => x.op === 'input' && x.rate === 'element' && x.name === name

type RuleOutputs = Readonly<Record<string, Operand | undefined>>

/** What `step` gives: `u` and every slot, perhaps `p`, nothing else. */
const outputsOf = (who: string, slots: readonly string[], run: () => unknown): RuleOutputs => {
  const out = attempt(who, 'step', run)
  if (!isRecord(out)) throw badArgument(who, "step's result", 'a record {u, …}', out)
  const missing = ['u', ...slots].find(key => out[key] === undefined)
  if (missing !== undefined) throw missingOutput(who, missing)
  const known = ['u', 'p', ...slots]
  const extra = Object.keys(out).filter(key => !known.includes(key))
  if (extra.length > 0) throw unknownOutput(who, extra, known)
  return out as RuleOutputs
}
