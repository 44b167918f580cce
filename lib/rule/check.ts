/**
 * Checks the definitions of users' links. A checked definition is the same definition with functions that also check
 * what the author's functions return, so its faults are found when it is built, not in a step.
 */
import {
  badArgument,
  badName,
  missingOutput,
  ruleFailed,
  scalarNotFinite,
  scalarsChanged,
  takenName,
  unknownOutput,
} from '../errors.js'
import { cellOfLeaf, cellPerElement, foreignSymbol } from '../errors/rule.js'
import { isRecord } from '../tree/structure.js'
import type { AnyNumbers, AnyRule, Symbols } from './definition.js'
import { nodesOf, type Cond, type Expr } from './expr.js'
import type { HyperSpec } from './hyper.js'
import { operand } from './operand.js'
import { refuseOthers } from './options.js'
import type { Scalars } from './rule.js'

const fields = ['name', 'unknown', 'hyper', 'options', 'slots', 'scalars']

/** A checked definition of numbers; `maker` is the function that the user called, `more` are its other fields. */
export const checkNumbers = <D extends AnyNumbers>(
  maker: string,
  definition: D,
  more: readonly string[],
  others: NameGroups = {},
): D => {
  if (!isRecord(definition)) throw badArgument(maker, 'definition', 'a record', definition)
  const { name, unknown = {}, hyper = {}, options = {}, slots = {} } = definition
  if (typeof name !== 'string' || name === '') throw badArgument(maker, 'name', 'a non-empty string', name)
  refuseOthers(name, unknown, Object.keys({ ...hyper, ...options })) // what the factory of the link did not use
  refuseOthers(name, definition, [...fields, ...more])
  checkHyper(name, hyper)
  return {
    ...definition,
    slots: Object.fromEntries(
      Object.entries(slots).map(([slot, init]) => [
        slot,
        (p: Symbols<'p'>) =>
          expressionOf(name, `slots.${slot}`, [p], () => (typeof init === 'function' ? init(p) : init)),
      ]),
    ),
    scalars: checkedScalars(definition, others),
  }
}

/** A checked definition of a rule. */
export const checkRule = (definition: AnyRule): AnyRule => {
  const { name, slots = {}, cells = {}, extras = [], totals = {}, step } = definition
  const others = { 'a total': Object.keys(totals), 'a cell': Object.keys(cells), 'an extra': extras }
  const checked = checkNumbers('elementwise', definition, ['cells', 'extras', 'totals', 'step'], others)
  checkCells(name, cells, extras)
  if (typeof step !== 'function') throw badArgument(name, 'step', 'a function', step)
  for (const [total, { over, reduce = 'sum' }] of Object.entries(totals)) {
    if (!['tree', 'leaf'].includes(over)) throw badArgument(name, `totals.${total}.over`, "'tree' or 'leaf'", over)
    if (!['sum', 'max'].includes(reduce)) throw badArgument(name, `totals.${total}.reduce`, "'sum' or 'max'", reduce)
  }
  return {
    ...checked,
    totals: Object.fromEntries(
      Object.entries(totals).map(([total, { of, ...how }]) => [
        total,
        { ...how, of: (x, k) => expressionOf(name, `totals.${total}`, [x, k], () => of(x, k)) },
      ]),
    ),
    step: (x, k) => {
      const out = outputsOf(name, [...Object.keys(slots), ...Object.keys(cells)], () => step(x, k))
      const expression = (key: string): Expr => expressionOf(name, `step's ${key}`, [x, k], () => out[key])
      const outputs = Object.fromEntries(Object.keys(out).map(key => [key, expression(key)]))
      const ofLeaf = Object.entries({ ...totals, ...cells }).flatMap(([key, { over }]) =>
        over === 'leaf' ? [key] : [],
      )
      for (const [cell, { over }] of Object.entries(cells)) checkNext(name, cell, over, outputs[cell], ofLeaf)
      return { ...outputs, u: outputs['u'] ?? expression('u') }
    },
  }
}

const checkCells = (name: string, cells: unknown, extras: unknown): void => {
  if (!isRecord(cells)) throw badArgument(name, 'cells', 'a record', cells)
  for (const [cell, how] of Object.entries(cells)) {
    const { over, first }: Readonly<Record<string, unknown>> = isRecord(how) ? how : {}
    if (over !== 'tree' && over !== 'leaf') throw badArgument(name, `cells.${cell}.over`, "'tree' or 'leaf'", over)
    if (typeof first !== 'number' || Number.isNaN(first))
      throw badArgument(name, `cells.${cell}.first`, 'a number', first)
  }
  if (!Array.isArray(extras) || !extras.every(extra => typeof extra === 'string' && extra !== ''))
    throw badArgument(name, 'extras', 'a list of names', extras)
}

/** Throws if the next value of a cell depends on elements, or that of a cell of the tree on what belongs to a leaf. */
const checkNext = (
  name: string,
  cell: string,
  over: 'tree' | 'leaf',
  next: Expr | undefined,
  ofLeaf: readonly string[],
): void => {
  if (next === undefined) return
  if (next.rate === 'element') throw cellPerElement(name, cell)
  const read = [...nodesOf(next)].find(node => node.op === 'input' && ofLeaf.includes(node.name))
  if (over === 'tree' && read?.op === 'input') throw cellOfLeaf(name, cell, read.name)
}

/** Throws unless each hyperparameter was made by a function that gives its range. */
const checkHyper = (name: string, hyper: Readonly<Record<string, Partial<HyperSpec> | undefined>>): void => {
  for (const [key, spec] of Object.entries(hyper))
    if (typeof spec?.holds !== 'function')
      throw badArgument(name, `hyper.${key}`, 'made by finite, positive, nonNegative or decayRate', spec)
}

/** The result of an author's function; an error names the link. */
const attempt = <T>(who: string, what: string, run: () => T): T => {
  try {
    return run()
  } catch (cause) {
    throw ruleFailed(who, what, cause)
  }
}

/** The expression that an author's function returns; it may read only the symbols that were given. */
const expressionOf = (who: string, what: string, given: readonly Symbols<string>[], make: () => unknown): Expr => {
  const expr = attempt(who, what, () => operand('rule', make()))
  const known = given.flatMap(symbols => Object.values<Expr | Cond>(symbols))
  for (const node of nodesOf(expr))
    if (node.op === 'input' && !known.includes(node))
      throw foreignSymbol(who, what, `${node.name} (${node.rate})`, given.flatMap(Object.keys))
  return expr
}

/** The scalars of each step with checks: they must be numbers with names of their own that never change. */
const checkedScalars = (
  { name: who, slots = {}, scalars = (_t, hyper) => hyper }: AnyNumbers,
  others: NameGroups,
): NonNullable<AnyNumbers['scalars']> => {
  let known: ReadonlySet<string> | null = null
  return (t, hyper) => {
    const made: unknown = scalars(t, hyper)
    if (!isRecord(made)) throw badArgument(who, "scalars' result", 'a record of numbers', made)
    const names = Object.keys(made)
    for (const name of names) {
      const got = made[name]
      if (typeof got !== 'number' || Number.isNaN(got)) throw scalarNotFinite(who, name, t, got)
    }
    if (known === null) {
      known = new Set(names)
      const inputs = { 'an input of every rule': ['u', 'p'], 'a field of every state': ['count'] }
      distinct(who, { ...inputs, 'a slot': Object.keys(slots), ...others, 'a scalar': names })
    }
    const isKnown = (name: string): boolean => known?.has(name) === true
    if (names.length !== known.size || !names.every(isKnown)) throw scalarsChanged(who, t, [...known], made)
    return made as Scalars
  }
}

/** Names by what they stand for; no two may be equal. */
type NameGroups = Readonly<Record<string, readonly string[]>>

const distinct = (who: string, groups: NameGroups): void => {
  const taken = new Map<string, string>()
  for (const [by, names] of Object.entries(groups))
    for (const name of names) {
      if (/'$|\s/.test(name)) throw badName(who, name) // plans use these characters in names of their own
      const first = taken.get(name)
      if (first !== undefined) throw takenName(who, name, first)
      taken.set(name, by)
    }
}

/** The result of `step`, which must have `u` and every slot, may have `p`, and nothing else. */
const outputsOf = (who: string, slots: readonly string[], run: () => unknown): Readonly<Record<string, unknown>> => {
  const out = attempt(who, 'step', run)
  if (!isRecord(out)) throw badArgument(who, "step's result", 'a record {u, …}', out)
  const missing = ['u', ...slots].find(key => out[key] === undefined)
  if (missing !== undefined) throw missingOutput(who, missing)
  const known = ['u', 'p', ...slots]
  const extra = Object.keys(out).filter(key => !known.includes(key))
  if (extra.length > 0) throw unknownOutput(who, extra, known)
  return out
}
