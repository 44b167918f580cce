/** The interface of interpreters, and the data that flow through one from link to link. */
import type { Expr } from './expr.js'
import type { Scalars } from './rule.js'
import type { TreeNames, Structure } from '../tree/structure.js'

/** The operations on one kind of leaf `L`. */
export interface Interpreter<L> {
  readonly name: string
  /** the leaves of a tree in the order of `structure`; null for absent ones */
  readonly read: (structure: Structure, tree: unknown, names: TreeNames) => (L | null)[]
  /** throws, naming the path, if a leaf does not fit the one in the other tree: another shape or dtype */
  readonly check: (names: TreeNames, structure: Structure, got: Leaves<L>, than: Leaves<L>) => void
  /** the number of elements */
  readonly size: (leaf: L) => number
  /** evaluates expressions at every element of one leaf; results have the shape of `like` */
  readonly evaluate: (exprs: readonly Expr[], env: LeafEnv<L>) => readonly L[]
  /** the sum or maximum over all elements of all terms: a value per tree or leaf */
  readonly reduce: (how: 'sum' | 'max', terms: readonly L[]) => L
  /** the value of a leaf with one element, on the host, which may have to wait for it */
  readonly number: (leaf: L) => number
  /** the slices of a leaf along an axis; null if it has no such axis */
  readonly unstack: (leaf: L, axis: number) => readonly L[] | null
  /** checks a state that a user's `{init, update}` made; null if leaves are not tensors, so that only rules can run */
  readonly userState: ((who: string, state: unknown) => void) | null
}

export interface LeafEnv<L> {
  readonly scalars: Scalars
  readonly values: Readonly<Record<string, L>>
  readonly like: L
}

export type Leaves<L> = readonly (L | null)[]

/** The data that flow from link to link. */
export interface Flow<L> {
  readonly u: Leaves<L>
  /** the parameters, with the moves of earlier rules; null if none were given */
  readonly p: Leaves<L> | null
  /** the leaves whose parameter a rule returned, even with the same value: this depends on the chain, not on numbers */
  readonly moved: ReadonlySet<number>
  /** what earlier links sent, by name and index of the leaf */
  readonly signals: ReadonlyMap<string, ReadonlyMap<number, L>>
}

/** The flow into the first link. */
export const flowOf = <L>(u: Leaves<L>, p: Leaves<L> | null): Flow<L> => ({ u, p, moved: none, signals: new Map() })

const none: ReadonlySet<number> = new Set()

/** The data that stay the same along a chain. */
export interface Frame {
  readonly structure: Structure
  /** the leaves that masks see: the parameters given, or the updates if there are none */
  readonly given: Leaves<unknown>
  readonly active: readonly boolean[]
  readonly extra: unknown
}

/**
 * One step of a link: takes the flow from the link before, returns the link's next state and the flow to the next link.
 */
export type FlowStep<L> = (flow: Flow<L>) => readonly [state: unknown, flow: Flow<L>]

/** The combined gradients of replicas, and the next state of the gathering link. */
export interface Gathered {
  readonly updates: unknown
  readonly state: unknown
}

/** The arguments of a step that gathering needs. */
export interface GatherInput {
  readonly updates: unknown
  readonly params: unknown
  readonly extra: unknown
}

/** Combines gradient trees; `where` names the place of the state in errors. */
export type Gathering = <L>(I: Interpreter<L>, state: unknown, given: GatherInput, where: string) => Gathered

/** One step of a link with numbers, slots and a count. */
export type LinkInterpretation<T> = <L>(
  I: Interpreter<L>,
  link: T,
  state: unknown,
  where: string,
  frame: Frame,
) => FlowStep<L>
