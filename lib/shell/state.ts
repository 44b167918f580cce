/**
 * States of programs over parameters `{name: variable}`: their parts that belong to a variable, and how they grow when
 * variables appear later. In the state of a rule, slots are per variable; in that of a user's `{init, update}`, every
 * record with exactly the variables' names is.
 */
import { ungrowable } from '../errors/shell.js'
import { atCount, firstState, mapState, numbersOf, ofTree, perLeaf, programName } from '../program/fold.js'
import type { Program } from '../program/program.js'
import { numberedState } from '../program/record.js'
import { seal } from '../tree/freeze.js'
import { isHost, type Host } from '../io/text.js'
import { isRecord, joinPath } from '../tree/structure.js'
import { isTensor } from '../tree/tensors.js'

/** One value per variable, by name; null for a variable that has none. */
export type PerVariable = Readonly<Record<string, unknown>>

/** Replacements for the parts of a state. Paths are like `1.mu`. */
export interface Edit {
  readonly slot: (path: string, values: PerVariable) => PerVariable
  /** a count of steps */
  readonly count: (path: string, count: number) => number
  /** a leaf that belongs to no variable: a cell of the tree (`isCell`), or part of a user's state */
  readonly loose: (path: string, leaf: unknown, link: string, isCell: boolean) => unknown
}

const asIs: Edit = { slot: (_path, values) => values, count: (_path, count) => count, loose: (_path, leaf) => leaf }

/** `state` with some of its parts replaced. `names` are those of its variables. */
export const editParts = (program: Program, state: unknown, names: readonly string[], edit: Partial<Edit>): unknown => {
  const whole = { ...asIs, ...edit }
  return mapState(
    program,
    state,
    (leaf, own, { where, path }) => {
      const numbers = numbersOf(leaf)
      if (numbers === null) return editUserState(programName(leaf), own, names, whole, path)
      const record = numberedState(numbers, own, where)
      const slots = perLeaf(numbers).map(name => [
        name,
        seal(whole.slot(joinPath(path, name), record[name] as PerVariable)),
      ])
      const cells = ofTree(numbers).map(name => [
        name,
        whole.loose(joinPath(path, name), record[name], numbers.name, true),
      ])
      const count = whole.count(joinPath(path, 'count'), record.count)
      return seal({ count, ...Object.fromEntries([...slots, ...cells]) })
    },
    whole.count,
  )
}

const editUserState = (link: string, state: unknown, names: readonly string[], edit: Edit, path: string): unknown => {
  const isPerVariable = (x: Readonly<Record<string, unknown>>): boolean =>
    Object.keys(x).length === names.length && names.every(name => Object.hasOwn(x, name))
  const walk = (x: unknown, at: string): unknown => {
    if (Array.isArray(x)) return seal(x.map((item, i) => walk(item, joinPath(at, i))))
    if (!isRecord(x)) return edit.loose(at, x, link, false)
    if (isPerVariable(x)) return seal(edit.slot(at, x))
    return seal(Object.fromEntries(Object.entries(x).map(([key, item]) => [key, walk(item, joinPath(at, key))])))
  }
  return walk(state, path)
}

/** The parts of a state, in order. */
export const partsOf = (program: Program, state: unknown, names: readonly string[]) => {
  const slots: { readonly path: string; readonly values: PerVariable }[] = []
  const counts: { readonly path: string; readonly count: number }[] = []
  const loose: { readonly path: string; readonly leaf: unknown }[] = []
  editParts(program, state, names, {
    slot: (path, values) => (slots.push({ path, values }), values),
    count: (path, count) => (counts.push({ path, count }), count),
    loose: (path, leaf) => (loose.push({ path, leaf }), leaf),
  })
  return { slots, counts, loose }
}

/**
 * `old`, a state for `names`, with the variables of `fresh` added; `fresh` is a state for `all` with null for the old
 * ones. Throws if a tensor of a user's state belongs to no variable, since it has no value for the new ones.
 */
export const grown = (
  program: Program,
  old: unknown,
  names: readonly string[],
  fresh: unknown,
  all: readonly string[],
): unknown => {
  const added = new Map(partsOf(program, fresh, all).slots.map(({ path, values }) => [path, values]))
  return editParts(program, old, names, {
    slot: (path, values) =>
      Object.fromEntries(all.map(name => [name, values[name] ?? added.get(path)?.[name] ?? null])),
    loose: (path, leaf, link, isCell) => {
      if (isTensor(leaf) && !isCell) throw ungrowable(link, path)
      return leaf
    },
  })
}

/** The state of a program over no variables, after `count` steps; cells of the tree are null. */
export const emptyState = (program: Program, count: number): unknown => {
  const first = firstState(program, leaf => {
    const numbers = numbersOf(leaf)
    if (numbers === null) return seal({})
    const slots = perLeaf(numbers).map(name => [name, {}] as const)
    const cells = ofTree(numbers).map(name => [name, null] as const)
    return seal({ count: 0, ...Object.fromEntries([...slots, ...cells]) })
  })
  return atCount(program, first, count)
}

/** The state with loaded numbers in their places. */
export const restoreHosts = (
  program: Program,
  state: unknown,
  names: readonly string[],
  hosts: ReadonlyMap<string, Host>,
): unknown => {
  if (hosts.size === 0) return state
  return editParts(program, state, names, {
    count: (path, count) => {
      const host = hosts.get(path)
      return typeof host === 'number' ? host : count
    },
    loose: (path, leaf) => (isHost(leaf) ? (hosts.get(path) ?? leaf) : leaf),
  })
}
