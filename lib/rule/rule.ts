/** A rule as data: what one transformation does to one element. Interpreters, planners and printers only read it. */
import type { Expr } from './expr.js'
import type { Hyper, HyperSpec } from './hyper.js'

export type Scalars = Readonly<Record<string, number>>

/** A sum or maximum over every element of the tree, or of each leaf by itself. */
export interface Total {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  readonly of: Expr
}

/** Options of a factory that are no hyperparameters: they choose among equations, and never change. */
export type RuleOptions = Readonly<Record<string, boolean | number | string | readonly number[]>>

/** What rules have in common with links in tfjs ops: numbers that may be schedules, slots, and a count of steps. */
export interface Numbers<Self> {
  readonly name: string
  readonly hyper: Readonly<Record<string, HyperSpec>>
  readonly options: RuleOptions
  /** whether it is this package's own, so that its name and hyperparameters say all in a config */
  readonly ours: boolean
  /** the first value of each slot, in the order of the definition: a constant, or an expression of the parameter `p` */
  readonly slots: Readonly<Record<string, Expr>>
  /** this step's numbers, `t` counting from 1; throws where a schedule is out of range */
  readonly scalars: (t: number) => Scalars
  readonly readsParams: boolean
  /** the same with other values of some hyperparameters; throws where one is out of range */
  readonly withHyper: (changes: Readonly<Record<string, Hyper>>) => Self
}

export interface Rule extends Numbers<Rule> {
  /** in order; each may read those before it */
  readonly totals: readonly Total[]
  readonly scalarNames: readonly string[]
  readonly u: Expr
  /** only if the rule moves the parameter itself */
  readonly p: Expr | null
  /** the next value of each slot */
  readonly next: Readonly<Record<string, Expr>>
}
