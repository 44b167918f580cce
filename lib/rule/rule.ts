/**
 * A rule as data: what one transformation does to one element. `defineRule` runs the author's functions once on symbols
 * and keeps the expressions; from then on a rule is only read.
 */
import { missingOutput, scalarNotFinite, takenName, unknownOptions, unknownOutput, wrongRate } from '../errors.js'
import { input, nodesOf, toExpr, type Expr, type Operand } from './expr.js'
import { resolve, type HyperSpec } from './hyper.js'

export type Scalars = Readonly<Record<string, number>>

/** A sum or maximum over every element of the tree, or of each leaf by itself. */
export interface Total {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  readonly of: Expr
}

export interface Rule {
  readonly name: string
  readonly hyper: Readonly<Record<string, HyperSpec>>
  /** in the order of the definition; a constant, or an expression of the parameter `p` */
  readonly slots: Readonly<Record<string, Expr>>
  readonly totals: readonly Total[]
  /** this step's numbers, `t` counting from 1 */
  readonly scalars: (t: number) => Scalars
  readonly u: Expr
  /** only if the rule moves the parameter itself */
  readonly p: Expr | null
  /** the next value of each slot */
  readonly next: Readonly<Record<string, Expr>>
  readonly readsParams: boolean
}

/** Symbols for the names `K`. */
export type Symbols<K extends string> = { readonly [k in K]: Expr }

/** What the author of a rule writes. `H` names hyperparameters, `S` slots, `T` totals, `C` scalars. */
export interface RuleDefinition<H extends string, S extends string, T extends string, C extends string> {
  /** the name of the factory, for errors and printing */
  readonly name: string
  /** what was left of the options object: anything in here is an unknown option */
  readonly unknown?: object
  readonly hyper?: { readonly [k in H]: HyperSpec }
  /** the initial value of each slot: a number, or an expression of `p` */
  readonly slots?: { readonly [k in S]: number | ((x: Symbols<'p'>) => Operand) }
  /** evaluated in order; `of` sees elements, scalars and the totals before it */
  readonly totals?: {
    readonly [k in T]: {
      readonly over: 'tree' | 'leaf'
      readonly of: (x: Symbols<'u' | 'p' | S | T>, k: Symbols<C>) => Operand
      readonly reduce?: 'sum' | 'max'
    }
  }
  /** this step's numbers from the step `t` (1 first) and the hyperparameters at count `t - 1`; without it, those */
  readonly scalars?: (t: number, hyper: { readonly [k in H]: number }) => { readonly [k in C]: number }
  /** the new update, the next value of every slot, and `p` if the rule moves the parameter itself */
  readonly step: (
    x: Symbols<'u' | 'p' | S | T>,
    k: Symbols<C>,
  ) => { readonly u: Operand; readonly p?: Operand } & { readonly [k in NoInfer<S>]: Operand }
}

/** Throws if options are left over that nobody knows; `known` are those that another function will look at. */
export const refuseUnknown = (who: string, unknown: object, known: readonly string[] = []): void => {
  const names = Object.keys(unknown).filter(name => !known.includes(name))
  if (names.length > 0) throw unknownOptions(who, names)
}

const symbols = (names: readonly string[], rate: 'scalar' | 'total' | 'element'): Record<string, Expr> =>
  Object.fromEntries(names.map(name => [name, input(name, rate)]))

/** The rule of a definition; everything that can be wrong with it is found here, not in a step. */
export const defineRule = <H extends string, S extends string, T extends string, C extends string>(
  definition: RuleDefinition<H, S, T, C>,
): Rule => {
  const { name, unknown = {} } = definition
  refuseUnknown(name, unknown)
  const hyper: Readonly<Record<string, HyperSpec>> = definition.hyper ?? {}
  const scalars = scalarsOf(name, hyper, definition.scalars as ScalarFunction | undefined)

  const slotNames = Object.keys(definition.slots ?? {})
  const totalNames = Object.keys(definition.totals ?? {})
  const scalarNames = Object.keys(scalars(1)) // a schedule is tried at count 0 here, so a bad one fails early
  distinct(name, { 'an input of every rule': ['u', 'p', 'count'], 'a slot': slotNames, 'a total': totalNames })

  // The definition is generic in its names, the symbols are made by name: the types meet here, once.
  const written = definition as unknown as RuleDefinition<string, string, string, string>
  const elements = symbols(['u', 'p', ...slotNames], 'element')
  const known = symbols(scalarNames, 'scalar')

  const totals: Total[] = []
  const seen: Record<string, Expr> = { ...elements }
  for (const [total, { over, of, reduce = 'sum' }] of Object.entries(written.totals ?? {})) {
    totals.push({
      name: total,
      over,
      reduce,
      of: expression(name, `totals.${total}`, of(seen, known)),
    })
    seen[total] = input(total, 'total')
  }

  const out: Readonly<Record<string, Operand | undefined>> = written.step(seen, known)
  const outputs = ['u', ...slotNames]
  outputs.forEach(key => {
    if (out[key] === undefined) throw missingOutput(name, key)
  })
  const extra = Object.keys(out).filter(key => key !== 'p' && !outputs.includes(key))
  if (extra.length > 0) throw unknownOutput(name, extra, ['u', 'p', ...slotNames])
  const result = (key: string): Expr => expression(name, `step's ${key}`, out[key])

  const next = Object.fromEntries(slotNames.map(slot => [slot, result(slot)]))
  const slots = Object.fromEntries(
    Object.entries(written.slots ?? {}).map(([slot, init]) => {
      const first = typeof init === 'function' ? init({ p: input('p', 'element') }) : init
      return [slot, expression(name, `slots.${slot}`, first)]
    }),
  )
  const u = result('u')
  const p = out['p'] === undefined ? null : result('p')
  const readsParams = p !== null || [u, ...Object.values(next), ...totals.map(total => total.of)].some(reads('p'))
  return Object.freeze({ name, hyper, slots, totals, scalars, u, p, next, readsParams })
}

type ScalarFunction = (t: number, hyper: Scalars) => Scalars

const scalarsOf =
  (who: string, hyper: Readonly<Record<string, HyperSpec>>, compute: ScalarFunction = (_t, h) => h) =>
  (t: number): Scalars => {
    const at: Record<string, number> = {}
    for (const [name, spec] of Object.entries(hyper)) at[name] = resolve(who, name, spec, t - 1)
    const scalars = compute(t, at)
    for (const name in scalars) {
      const got: unknown = scalars[name]
      if (typeof got !== 'number' || Number.isNaN(got)) throw scalarNotFinite(who, name, t, got)
    }
    return scalars
  }

const expression = (who: string, what: string, x: unknown): Expr => {
  if (typeof x === 'number') return toExpr(x)
  if (typeof x === 'object' && x !== null && 'rate' in x && 'op' in x && x.op !== 'lt' && x.op !== 'isFinite')
    return x as Expr
  throw wrongRate(
    who,
    what,
    typeof x === 'object' && x !== null && 'op' in x ? `the condition ${String(x.op)}` : typeof x,
  )
}

const distinct = (who: string, groups: Readonly<Record<string, readonly string[]>>): void => {
  const taken = new Map<string, string>()
  for (const [by, names] of Object.entries(groups))
    for (const name of names) {
      const first = taken.get(name)
      if (first !== undefined) throw takenName(who, name, first)
      taken.set(name, by)
    }
}

const reads =
  (name: string) =>
  (expr: Expr): boolean =>
    [...nodesOf(expr)].some(x => x.op === 'input' && x.rate === 'element' && x.name === name)
