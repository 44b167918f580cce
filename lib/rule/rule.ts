/** A rule as data: the step of one transformation at one element. Interpreters, the planner and printers read it. */
import type { Expr } from './expr.js'
import type { HyperChanges, HyperSpec } from './hyper.js'

export type Scalars = Readonly<Record<string, number>>

/** A sum or maximum over all elements, of the tree or of each leaf. */
export interface Total {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  readonly of: Expr
}

/** Options of a factory that are not hyperparameters: they choose the equations, and never change. */
export type RuleOptions = Readonly<Record<string, boolean | number | string | readonly number[]>>

/** The part that rules share with links in tfjs ops: hyperparameters, slots, and a count of steps. */
export interface Numbers<Self> {
  readonly name: string
  readonly hyper: Readonly<Record<string, HyperSpec>>
  readonly options: RuleOptions
  /** whether it is this package's own, so that a config needs only its name, hyperparameters and options */
  readonly ours: boolean
  /**
   * the initial value of each slot, in the order of the definition: a constant, or an expression of the parameter `p`
   */
  readonly slots: Readonly<Record<string, Expr>>
  /** the scalars of step `t`, which counts from 1; throws if a schedule is out of range */
  readonly scalars: (t: number) => Scalars
  readonly readsParams: boolean
  /** the same with other values of some hyperparameters; throws if one is out of range */
  readonly withHyper: (changes: HyperChanges) => Self
}

export interface Rule extends Numbers<Rule> {
  /** in order; each may read those before it */
  readonly totals: readonly Total[]
  readonly scalarNames: readonly string[]
  readonly u: Expr
  /** the new parameter; null unless the rule moves it */
  readonly p: Expr | null
  /** the next value of each slot */
  readonly next: Readonly<Record<string, Expr>>
}
