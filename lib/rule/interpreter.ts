/** What an interpreter knows, and what flows through it from link to link. */
import type { state as S } from 'fp-ts'
import type { Named, Structure } from '../tree/structure.js'
import type { Expr } from './expr.js'
import type { Scalars } from './rule.js'

/** What one kind of leaf must be able to do. */
export interface Interpreter<L> {
  readonly name: string
  /** the leaves of a tree in the order of `structure`; what is absent is null */
  readonly read: (structure: Structure, tree: unknown, names: Named) => (L | null)[]
  /** throws, naming the path, where a leaf cannot take part beside the other tree's: another shape or dtype */
  readonly check: (names: Named, structure: Structure, got: Leaves<L>, than: Leaves<L>) => void
  /** each expression at every element of one leaf: results have the shape of `like` */
  readonly evaluate: (exprs: readonly Expr[], env: LeafEnv<L>) => readonly L[]
  /** sum or maximum over all elements of all terms: a value per tree or leaf */
  readonly reduce: (how: 'sum' | 'max', terms: readonly L[]) => L
  /** the slices of a leaf along an axis */
  readonly unstack: (leaf: L, axis: number) => readonly L[]
  /** whether a user's `{init, update}` understands such leaves */
  readonly runsOpaque: boolean
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
  readonly p: Leaves<L> | null
  /** whether a rule moved the parameters themselves */
  readonly moved: boolean
}

/** What stays the same along a chain. */
export interface Frame {
  readonly structure: Structure
  readonly active: readonly boolean[]
  readonly extra: unknown
}

/** A step of one program: fp-ts's `State` over what flows, giving the program's own next state. */
export type Step<L> = S.State<Flow<L>, unknown>
