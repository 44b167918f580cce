/** Walks over programs and their states. `describe`, configs, learning rates, counts and slots are built on them. */
import { placeOf } from './layouts.js'
import { seal } from '../tree/freeze.js'
import { joinPath } from '../tree/structure.js'
import { isByPath, type Hyper, type HyperChanges, type HyperSpec } from '../rule/hyper.js'
import type { Numbers } from '../rule/rule.js'
import type { LeafLink, Nest, Program } from './program.js'
import { numberedState } from './record.js'

/** The leaf links of a program, in order. */
export const linksIn = (program: Program): readonly LeafLink[] =>
  program.kind === 'nest' ? program.parts.flatMap(linksIn) : [program]

/** The hyperparameters, slots and count of a rule or a link in tfjs ops; null for other links. */
export const numbersOf = (leaf: LeafLink): Numbers<unknown> | null =>
  leaf.kind === 'rule' ? leaf.rule : leaf.kind === 'ops' ? leaf.ops : null

/** The fields of a link's state that have a value for each leaf: slots, and cells over leaves. */
export const perLeaf = ({ slots, cells }: Numbers<unknown>): readonly string[] => [
  ...Object.keys(slots),
  ...Object.entries(cells).flatMap(([name, { over }]) => (over === 'leaf' ? [name] : [])),
]

/** The fields that have one value for the tree: cells over the tree. */
export const ofTree = ({ cells }: Numbers<unknown>): readonly string[] =>
  Object.entries(cells).flatMap(([name, { over }]) => (over === 'tree' ? [name] : []))

/** The program with `change` applied to its leaf links; the same object if nothing changed. */
export const mapLinks = (program: Program, change: (leaf: LeafLink) => LeafLink): Program => {
  if (program.kind !== 'nest') {
    const made = change(program)
    return made === program ? program : program.madeBy === undefined ? made : { ...made, madeBy: program.madeBy }
  }
  const parts = program.parts.map(part => mapLinks(part, change))
  if (parts.every((part, i) => part === program.parts[i])) return program
  const made = program.around(parts)
  return program.madeBy === undefined ? made : { ...made, madeBy: program.madeBy }
}

/** The program with new values for these hyperparameters in all links that have them; it accepts the same states. */
export const withHyper = (program: Program, changes: HyperChanges): Program =>
  mapLinks(program, leaf => {
    const { hyper = {} } = numbersOf(leaf) ?? {}
    if (!Object.keys(changes).some(name => Object.hasOwn(hyper, name))) return leaf
    const now = Object.fromEntries(
      Object.entries(hyper).map(([name, spec]) => [name, { ...spec, ...asSpec(changes[name] ?? spec) }]),
    )
    if (leaf.kind === 'rule') return { kind: 'rule', rule: leaf.rule.withHyper(now) }
    return leaf.kind === 'ops' ? { kind: 'ops', ops: leaf.ops.withHyper(now) } : leaf
  })

/** A value with the range that comes with it, if one does. */
const asSpec = (change: Hyper | HyperSpec): Partial<HyperSpec> =>
  typeof change === 'object' && !isByPath(change) ? change : { value: change }

/** The name of a program in messages and printouts. */
export const programName = (program: Program): string => {
  if (program.kind === 'nest')
    return program.mask === null ? program.type : [program.type, ...program.parts.map(programName)].join(' ')
  if (program.kind === 'opaque') return program.name
  return numbersOf(program)?.name ?? 'idle'
}

/** The position of a part of a state: in words for errors, `state[1].inner`, and as a path, `1.inner`. */
export interface StatePlace {
  readonly where: string
  readonly path: string
}

const root: StatePlace = { where: 'state', path: '' }

/** The position of the state of part `i` in that of a nest. */
export const placeBelow = ({ layout }: Nest, { where, path }: StatePlace, i: number): StatePlace => {
  const key = layout.key(i)
  return { where: placeOf(layout, where, i), path: key === null ? path : joinPath(path, key) }
}

/** The functions by which `foldState` reduces a leaf link and a nest. */
export interface StateFold<A> {
  readonly leaf: (leaf: LeafLink, state: unknown, at: StatePlace) => A
  readonly nest: (nest: Nest, parts: readonly A[], state: unknown, at: StatePlace) => A
}

/** Folds a state along its program, from the leaf links up. */
export const foldState = <A>(program: Program, state: unknown, fold: StateFold<A>, at = root): A => {
  if (program.kind !== 'nest') return fold.leaf(program, state, at)
  const states = program.layout.split(state, at.where)
  const parts = program.parts.map((part, i) => foldState(part, states[i], fold, placeBelow(program, at, i)))
  return fold.nest(program, parts, state, at)
}

/** The state with `change` applied to the state of every leaf link, and `number` to the numbers that nests keep. */
export const mapState = (
  program: Program,
  state: unknown,
  change: StateFold<unknown>['leaf'],
  number: (path: string, value: number) => number = (_path, value) => value,
): unknown =>
  foldState(program, state, {
    leaf: change,
    nest: ({ layout }, parts, before, { path }) => {
      if (layout.own.length === 0) return layout.join(parts, before)
      const record = before as Readonly<Record<string, number>>
      const own = layout.own.map(name => [name, number(joinPath(path, name), record[name] ?? 0)] as const)
      return layout.join(parts, { ...record, ...Object.fromEntries(own) })
    },
  })

/** The state with every count as it is after `n` steps. */
export const atCount = (program: Program, state: unknown, n: number, where = 'state'): unknown => {
  if (program.kind !== 'nest') {
    const numbers = numbersOf(program)
    return numbers === null ? state : seal({ ...numberedState(numbers, state, where), count: n })
  }
  const { layout, parts } = program
  const { state: own, counts } = layout.atCount?.(state, n, where) ?? { state, counts: parts.map(() => n) }
  const states = layout.split(own, where)
  return layout.join(
    parts.map((part, i) => atCount(part, states[i], counts[i] ?? n, placeOf(layout, where, i))),
    own,
  )
}

/** Whether the state of a program keeps some of its numbers. */
export const keepsNumbers = (program: Program): boolean =>
  program.kind === 'nest' && (program.kept !== undefined || program.parts.some(keepsNumbers))

/** The state with the numbers of the program where it keeps some, after `withHyper` has changed the program. */
export const renewed = (program: Program, state: unknown): unknown =>
  state === null || !keepsNumbers(program)
    ? state
    : foldState<unknown>(program, state, {
        leaf: (_leaf, own) => own,
        nest: ({ layout, kept }, parts, before) => {
          const after = layout.join(parts, before)
          return kept === undefined ? after : kept.renew(after)
        },
      })

/** The first state of a program; `leaf` gives those of its leaf links. */
export const firstState = (program: Program, leaf: (leaf: LeafLink) => unknown): unknown =>
  program.kind === 'nest' ? program.layout.first(program.parts.map(part => firstState(part, leaf))) : leaf(program)
