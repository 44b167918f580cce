/** Interprets cells and extras of rules: numbers on the device, one for the tree or one for each leaf. */
import { slotMissing } from '../errors.js'
import { badExtra } from '../errors/rule.js'
import { lit } from '../rule/expr.js'
import type { Frame, Interpreter, Leaves } from '../rule/interpreter.js'
import { agreed } from '../rule/leafScalars.js'
import type { Numbers, Rule } from '../rule/rule.js'
import type { CellInterpretation, LeafInput, OpenCells } from './cellRunner.js'
import { seal } from '../tree/freeze.js'
import { build, flatten, pathAt, type TreeNames } from '../tree/structure.js'

const one = flatten(null).structure

/** A number as a leaf without dimensions. */
const numberOf = <L>(I: Interpreter<L>, value: number): L => {
  const like = I.reduce('sum', [])
  return I.evaluate([lit(value)], { scalars: {}, values: {}, like })[0] ?? like
}

/** A value that the caller passes: a number, or a leaf without dimensions; throws if it is missing. */
export const extraValue = (who: string, name: string, extra: unknown): unknown => {
  const value: unknown =
    typeof extra === 'object' && extra !== null ? (extra as Readonly<Record<string, unknown>>)[name] : undefined
  if (typeof value === 'number') return value
  const { rank, items, dtype } = (value ?? {}) as { rank?: unknown; items?: readonly unknown[]; dtype?: unknown }
  const isOne = rank === 0 ? dtype === 'float32' : items?.length === 1
  if (!isOne) throw badExtra(who, name, value)
  return value
}

const extrasOf = <L>(I: Interpreter<L>, { name: who, extras }: Rule, extra: unknown): Readonly<Record<string, L>> =>
  Object.fromEntries(
    extras.map(name => {
      const value = extraValue(who, name, extra)
      if (typeof value === 'number') return [name, numberOf(I, value)]
      const [leaf] = I.read(one, value, { who, what: `extra.${name}`, than: 'init' })
      return [name, leaf ?? numberOf(I, NaN)]
    }),
  )

const first: CellInterpretation['first'] = (I, { cells }, p, { structure, active }) =>
  Object.fromEntries(
    Object.entries(cells).map(([name, { over, first: value }]) => {
      if (over === 'tree') return [name, numberOf(I, value)]
      const leaves = p.map((leaf, i) => (leaf === null || active[i] !== true ? null : numberOf(I, value)))
      return [name, build(structure, leaves, seal)]
    }),
  )

const open = <L>(
  I: Interpreter<L>,
  link: Numbers<unknown>,
  record: Readonly<Record<string, unknown>>,
  where: string,
  { structure, extra }: Frame,
): OpenCells<L> => {
  const rule = link as Rule // only rules have cells
  const tree: Record<string, L> = {}
  const leaf: Record<string, Leaves<L>> = {}
  const like = I.reduce('sum', [])
  for (const [name, { over }] of Object.entries(rule.cells)) {
    const names: TreeNames = { who: rule.name, what: `${where}.${name}`, than: 'init' }
    const shape = over === 'tree' ? one : structure
    const read = I.read(shape, record[name], names)
    I.check(
      names,
      shape,
      read,
      read.map(found => found && like),
    )
    if (over === 'leaf') leaf[name] = read
    else tree[name] = read[0] ?? like
  }
  const extras = extrasOf(I, rule, extra)
  const next = (name: string, before: L, { values, scalars }: Omit<LeafInput<L>, 'like'>): L => {
    const expr = rule.nextCells[name]
    return expr === undefined ? before : (I.evaluate([expr], { values, scalars, like: before })[0] ?? before)
  }
  return {
    at: i => {
      const values: Record<string, L> = { ...tree, ...extras }
      for (const name in leaf) {
        const cell = leaf[name]?.[i] ?? null
        if (cell === null) throw slotMissing(rule.name, `${where}.${name}`, pathAt(structure, i))
        values[name] = cell
      }
      return values
    },
    // If no leaf takes part, cells stay; those of empty leaves always do.
    next: leaves => {
      const [some] = leaves.values()
      const fieldOf = (name: string): unknown => {
        const before = tree[name]
        if (before !== undefined) {
          if (some === undefined) return before
          const scalars = agreed(rule, rule.nextCells[name], [...leaves.values()])
          return next(name, before, { values: some.values, scalars })
        }
        const made = leaf[name]?.map((cell, i) => {
          const own = leaves.get(i)
          return cell === null || own === undefined || I.size(own.like) === 0 ? cell : next(name, cell, own)
        })
        return build(structure, made ?? [], seal)
      }
      return Object.fromEntries(Object.keys(rule.cells).map(name => [name, fieldOf(name)]))
    },
  }
}

export const interpretation: CellInterpretation = { first, open }
