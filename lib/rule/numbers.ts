/** What rules and links in tfjs ops are made from alike: hyperparameters, this step's scalars, and slots. */
import { badArgument, badName, ruleFailed, scalarNotFinite, scalarsChanged, takenName } from '../errors.js'
import { refuseNames } from '../call/checked.js'
import { foreignSymbol } from '../errors/rule.js'
import { isRecord } from '../tree/structure.js'
import { input, nodesOf, toExpr, type Cond, type Expr, type Operand } from './expr.js'
import { resolve, type Hyper, type HyperSpec } from './hyper.js'
import { refuseUnknown } from './options.js'
import type { Numbers, RuleOptions, Scalars } from './rule.js'

/** Symbols for the names `K`. */
export type Symbols<K extends string> = { readonly [k in K]: Expr }

/** What the author of any link with numbers writes. `H` names hyperparameters, `S` slots, `C` scalars. */
export interface NumbersDefinition<H extends string, S extends string, C extends string> {
  /** the name of the factory, for errors and printing */
  readonly name: string
  /** what was left of the options object: anything in here is an unknown option */
  readonly unknown?: object
  readonly hyper?: { readonly [k in H]: HyperSpec }
  /** what else chooses among the equations, such as `nesterov`; kept so that the rule can be written down */
  readonly options?: RuleOptions
  /** the initial value of each slot: a number, or an expression of `p` */
  readonly slots?: { readonly [k in S]: number | ((x: Symbols<'p'>) => Operand) }
  /** this step's numbers from the step `t` (1 first) and the hyperparameters at count `t - 1`; without it, those. Write it before what reads it */
  readonly scalars?: (t: number, hyper: { readonly [k in H]: number }) => { readonly [k in C]: number }
}

export type Hypers = Readonly<Record<string, HyperSpec>>

/** The hyperparameters of a definition, each made by a function that knows its range. */
export const checkHyper = (name: string, hyper: Readonly<Record<string, Partial<HyperSpec> | undefined>>): void => {
  for (const [key, spec] of Object.entries(hyper))
    if (typeof spec?.holds !== 'function')
      throw badArgument(name, `hyper.${key}`, 'made by finite, positive, nonNegative or decayRate', spec)
}

/** Throws for options that the factory of a link left over; `known` are those that it has. */
export const refuseLeftOver = (who: string, unknown: object, known: object): void => {
  const options = Object.fromEntries(Object.keys(known).map(key => [key, '']))
  refuseNames({ who, takes: [], options }, Object.keys(unknown))
}

/** What a function of the author's gives; its failure names the link. */
export const attempt = <T>(who: string, what: string, run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    throw ruleFailed(who, what, cause)
  }
}

/** What a function of the author's gives, as an expression of the symbols that it was given. */
export const expressionOf = (
  who: string,
  what: string,
  given: readonly Symbols<string>[],
  make: () => unknown,
): Expr => {
  const expr = attempt(who, what, () => toExpr(make()))
  const known = given.flatMap(symbols => Object.values<Expr | Cond>(symbols))
  for (const node of nodesOf(expr))
    if (node.op === 'input' && !known.includes(node))
      throw foreignSymbol(who, what, `${node.name} (${node.rate})`, given.flatMap(Object.keys))
  return expr
}

/** The first value of each slot, as an expression of the parameter. */
export const firstSlots = (
  name: string,
  slots: NonNullable<NumbersDefinition<string, string, string>['slots']>,
): Readonly<Record<string, Expr>> =>
  Object.fromEntries(
    Object.entries(slots).map(([slot, init]) => {
      const given = { p: input('p', 'element') }
      return [
        slot,
        expressionOf(name, `slots.${slot}`, [given], () => (typeof init === 'function' ? init(given) : init)),
      ]
    }),
  )

/** What a link has of a definition that says what it does in another way than a rule. */
export interface DefinedNumbers extends Omit<Numbers<unknown>, 'withHyper' | 'readsParams'> {
  readonly withHyper: (changes: Readonly<Record<string, Hyper>>) => DefinedNumbers
}

export const defineNumbers = <H extends string, S extends string, C extends string>(
  maker: string,
  definition: NumbersDefinition<H, S, C>,
  ours: boolean,
): DefinedNumbers => {
  // The definition is generic in its names, the link goes by name: the types meet here, once.
  const written = definition as unknown as NumbersDefinition<string, string, string>
  const { name, unknown = {}, hyper = {}, options = {}, slots = {}, scalars, ...others } = written
  if (typeof name !== 'string' || name === '') throw badArgument(maker, 'name', 'a non-empty string', name)
  refuseLeftOver(name, unknown, { ...hyper, ...options })
  refuseUnknown(name, others)
  checkHyper(name, hyper)
  const slotNames = Object.keys(slots)
  distinct(name, { 'an input of every rule': ['u', 'p'], 'a field of every state': ['count'], 'a slot': slotNames })
  const shared = { name, options: Object.freeze({ ...options }), ours, slots: firstSlots(name, slots) }
  const make = (now: Hypers): DefinedNumbers => ({
    ...shared,
    hyper: now,
    scalars: scalarsOf(name, now, scalars).scalars,
    withHyper: changes => make(rehyper(name, now, changes)),
  })
  return make(hyper)
}

export const rehyper = (who: string, hyper: Hypers, changes: Readonly<Record<string, Hyper>>): Hypers => {
  refuseUnknown(who, changes, Object.keys(hyper))
  return Object.fromEntries(
    Object.entries(hyper).map(([key, spec]) => [key, { ...spec, value: changes[key] ?? spec.value }]),
  )
}

/** The scalars of every step, and their names. */
export interface ScalarsByStep {
  readonly scalars: (t: number) => Scalars
  readonly scalarNames: readonly string[]
}

type Compute = (t: number, hyper: Scalars) => Scalars

/** The scalars of each step, with the same names at all of them. A schedule is tried at count 0, so a bad one fails early. */
export const scalarsOf = (who: string, hyper: Hypers, compute: Compute = (_t, h) => h): ScalarsByStep => {
  const entries = Object.entries(hyper)
  // Every step asks, so no record is made twice on the way.
  const at = (t: number): Scalars => {
    const given: Record<string, number> = {}
    for (const [name, spec] of entries) given[name] = resolve(who, name, spec, t - 1)
    const made: unknown = compute(t, given)
    if (!isRecord(made)) throw badArgument(who, "scalars' result", 'a record of numbers', made)
    for (const name of Object.keys(made)) {
      const got = made[name]
      if (typeof got !== 'number' || Number.isNaN(got)) throw scalarNotFinite(who, name, t, got)
    }
    return made as Scalars
  }
  const scalarNames = Object.keys(at(1))
  const known = new Set(scalarNames)
  const scalars = (t: number): Scalars => {
    const made = at(t)
    let count = 0
    for (const name of Object.keys(made)) count += known.has(name) ? 1 : NaN
    if (count !== known.size) throw scalarsChanged(who, t, scalarNames, made)
    return made
  }
  return { scalars, scalarNames }
}

export const distinct = (who: string, groups: Readonly<Record<string, readonly string[]>>): void => {
  const taken = new Map<string, string>()
  for (const [by, names] of Object.entries(groups))
    for (const name of names) {
      if (/'$|\s/.test(name)) throw badName(who, name) // plans mark their own names with these
      const first = taken.get(name)
      if (first !== undefined) throw takenName(who, name, first)
      taken.set(name, by)
    }
}
