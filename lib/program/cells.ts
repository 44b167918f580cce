/** Cells and extras of rules in the interpreter: numbers on the device, one for the tree or one for each leaf. */
import { badExtra } from '../errors/rule.js'
import { lit } from '../rule/expr.js'
import type { Frame, Interpreter, Leaves } from '../rule/interpreter.js'
import { agreed } from '../rule/leafScalars.js'
import type { Numbers, Rule, Scalars } from '../rule/rule.js'
import { seal } from '../tree/freeze.js'
import { build, flatten, type TreeNames } from '../tree/structure.js'

const one = flatten(null).structure

/** A number as a leaf without dimensions. */
const numberOf = <L>(I: Interpreter<L>, value: number): L => {
  const like = I.reduce('sum', [])
  return I.evaluate([lit(value)], { scalars: {}, values: {}, like })[0] ?? like
}

/** The first values of a link's cells, as fields of its state. */
export const firstCells = <L>(
  I: Interpreter<L>,
  { cells }: Numbers<unknown>,
  p: Leaves<L>,
  { structure, active }: Frame,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(cells).map(([name, { over, first }]) => {
      if (over === 'tree') return [name, numberOf(I, first)]
      const leaves = p.map((leaf, i) => (leaf === null || active[i] !== true ? null : numberOf(I, first)))
      return [name, build(structure, leaves, seal)]
    }),
  )

/** The values of a link's cells, and of the extras that a rule reads. */
export interface CellValues<L> {
  readonly tree: Readonly<Record<string, L>>
  readonly leaf: Readonly<Record<string, Leaves<L>>>
}

/** Reads cells from a state; throws, naming the place, unless each is one number. */
export const cellsOf = <L>(
  I: Interpreter<L>,
  { name: who, cells }: Numbers<unknown>,
  record: Readonly<Record<string, unknown>>,
  where: string,
  { structure }: Frame,
): CellValues<L> => {
  const tree: Record<string, L> = {}
  const leaf: Record<string, Leaves<L>> = {}
  const entries = Object.entries(cells)
  if (entries.length === 0) return { tree, leaf }
  const like = I.reduce('sum', [])
  for (const [name, { over }] of entries) {
    const names: TreeNames = { who, what: `${where}.${name}`, than: 'init' }
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
  return { tree, leaf }
}

/** The extras of a rule as leaves without dimensions. */
export const extrasOf = <L>(
  I: Interpreter<L>,
  { name: who, extras }: Rule,
  extra: unknown,
): Readonly<Record<string, L>> =>
  Object.fromEntries(
    extras.map(name => {
      const value = extraValue(who, name, extra)
      if (typeof value === 'number') return [name, numberOf(I, value)]
      const [leaf] = I.read(one, value, { who, what: `extra.${name}`, than: 'init' })
      return [name, leaf ?? numberOf(I, NaN)]
    }),
  )

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

/** A leaf that takes part, for the next values of cells. */
interface CellLeaf<L> {
  readonly like: L
  readonly values: Readonly<Record<string, L>>
  readonly scalars: Scalars
}

/** The cells after a step, as fields of the state. If no leaf takes part they stay; those of empty leaves always do. */
export const nextCells = <L>(
  I: Interpreter<L>,
  rule: Rule,
  { structure }: Frame,
  before: CellValues<L>,
  leaves: ReadonlyMap<number, CellLeaf<L>>,
): Readonly<Record<string, unknown>> => {
  const [first] = leaves.values()
  const next = (name: string, like: L, { values, scalars }: CellLeaf<L>): L => {
    const expr = rule.nextCells[name]
    return expr === undefined ? like : (I.evaluate([expr], { values, scalars, like })[0] ?? like)
  }
  const ofTree = Object.entries(before.tree).map(([name, like]) => {
    if (first === undefined) return [name, like]
    const scalars = agreed(rule, rule.nextCells[name], [...leaves.values()])
    return [name, next(name, like, { ...first, scalars })]
  })
  const ofLeaves = Object.entries(before.leaf).map(([name, found]) => {
    const made = found.map((like, i) => {
      const leaf = leaves.get(i)
      return like === null || leaf === undefined || I.size(leaf.like) === 0 ? like : next(name, like, leaf)
    })
    return [name, build(structure, made, seal)]
  })
  const fields = new Map<string, unknown>([...ofTree, ...ofLeaves] as [string, unknown][])
  return Object.fromEntries(Object.keys(rule.cells).map(name => [name, fields.get(name)]))
}
