/** What an interpreter knows, and what flows through it from link to link. */
import type { Expr } from './expr.js'
import type { Scalars } from './rule.js'
import type { TreeNames, Structure } from '../tree/structure.js'

/** What one kind of leaf must be able to do. */
export interface Interpreter<L> {
  readonly name: string
  /** the leaves of a tree in the order of `structure`; what is absent is null */
  readonly read: (structure: Structure, tree: unknown, names: TreeNames) => (L | null)[]
  /** throws, naming the path, where a leaf cannot take part beside the other tree's: another shape or dtype */
  readonly check: (names: TreeNames, structure: Structure, got: Leaves<L>, than: Leaves<L>) => void
  /** each expression at every element of one leaf: results have the shape of `like` */
  readonly evaluate: (exprs: readonly Expr[], env: LeafEnv<L>) => readonly L[]
  /** sum or maximum over all elements of all terms: a value per tree or leaf */
  readonly reduce: (how: 'sum' | 'max', terms: readonly L[]) => L
  /** the slices of a leaf along an axis; null if it has no such axis */
  readonly unstack: (leaf: L, axis: number) => readonly L[] | null
  /** checks the state that a user's `{init, update}` made; null where leaves are no tensors, so that only rules run */
  readonly userState: ((who: string, state: unknown) => void) | null
}

export interface LeafEnv<L> {
  readonly scalars: Scalars
  readonly values: Readonly<Record<string, L>>
  readonly like: L
}

export type Leaves<L> = readonly (L | null)[]

/** What flows from link to link. */
export interface Flow<L> {
  readonly u: Leaves<L>
  /** the parameters, as far as rules moved them; null if none were given */
  readonly p: Leaves<L> | null
  /** the leaves whose parameter a rule has given, even if its value is the same: that depends on the chain, not on numbers */
  readonly moved: ReadonlySet<number>
}

/** The flow into the first link. */
export const flowOf = <L>(u: Leaves<L>, p: Leaves<L> | null): Flow<L> => ({ u, p, moved: none })

const none: ReadonlySet<number> = new Set()

/** What stays the same along a chain. */
export interface Frame {
  readonly structure: Structure
  /** the leaves that masks look at: the parameters given, or without them the updates given */
  readonly given: Leaves<unknown>
  readonly active: readonly boolean[]
  readonly extra: unknown
}

/** One step of a link: from what flows into it to its own next state, and what flows on. */
export type FlowStep<L> = (flow: Flow<L>) => readonly [state: unknown, flow: Flow<L>]

/** What the gradient trees of replicas become, and the state after that. */
export interface Gathered {
  readonly updates: unknown
  readonly state: unknown
}

/** What is given to a step, as far as a gather looks at it. */
export interface GatherInput {
  readonly updates: unknown
  readonly params: unknown
  readonly extra: unknown
}

/** Puts gradient trees together; `where` is the place of the state in words. */
export type Gathering = <L>(I: Interpreter<L>, state: unknown, given: GatherInput, where: string) => Gathered

/** One step of a link with numbers, slots and a count. */
export type LinkInterpretation<T> = <L>(
  I: Interpreter<L>,
  link: T,
  state: unknown,
  where: string,
  frame: Frame,
) => FlowStep<L>
