/** A rule as data: the step of one transformation at one element. Interpreters, the planner and printers read it. */
import type { Expr } from './expr.js'
import type { HyperSpec, LeafHypers } from './hyper.js'

/** The numbers of one step by name, which the host computes in float64. */
export type Scalars = Readonly<Record<string, number>>

/** The hyperparameters of a link, by name. */
export type Hypers = Readonly<Record<string, HyperSpec>>

/** A sum or maximum over all elements, of the tree or of each leaf. */
export interface Total {
  readonly name: string
  readonly over: 'tree' | 'leaf'
  readonly reduce: 'sum' | 'max'
  readonly of: Expr
}

/** A number on the device that the state carries, and its first value. */
export interface Cell {
  readonly over: 'tree' | 'leaf'
  readonly first: number
}

/**
 * What runs cells and extras: by the interpreter, in plans, and on devices. It comes with the rules that have any, so
 * bundles without such rules omit it; each layer knows its own part.
 */
export interface CellRunner {
  readonly interpreted: unknown
  readonly planned: unknown
  readonly onDevice: unknown
}

/** A link with hyperparameters by path in one step, and the names of its scalars in the plan, if they are others. */
export interface ByPathLink {
  readonly numbers: Numbers<unknown>
  /** the step, from 1 */
  readonly t: number
  readonly names?: Readonly<Record<string, string>>
}

/** Leaves by the values of their hyperparameters by path. */
export interface LeafGroups {
  /** the group of each leaf */
  readonly of: readonly number[]
  /** for each group, the values of each link */
  readonly values: readonly (readonly LeafHypers[])[]
}

/** What runs hyperparameters by path; values by path bring it, so bundles without them omit it. */
export interface ByPathRunner {
  /** the groups of some leaves, all of which take part in all of the links */
  readonly groups: (
    links: readonly Numbers<unknown>[],
    paths: readonly string[],
    leaves: readonly unknown[],
  ) => LeafGroups
  /** the scalars of the links, by their names in the plan, for a group with these values */
  readonly scalars: (links: readonly ByPathLink[], values: readonly LeafHypers[]) => Scalars
  /** the part that devices know, backends/fused/byLeaf.ts */
  readonly onDevice: unknown
}

/** Options of a factory that are not hyperparameters: they choose the equations, and never change. */
export type RuleOptions = Readonly<Record<string, RuleOption>>

/** What JSON can say, or a function, which no config can. */
export type RuleOption =
  | boolean
  | number
  | string
  | null
  | readonly RuleOption[]
  | { readonly [key: string]: RuleOption }
  | ((...args: never) => unknown)

/** The part that rules share with links in tfjs ops: hyperparameters, slots, and a count of steps. */
export interface Numbers<Self> {
  readonly name: string
  readonly hyper: Hypers
  readonly options: RuleOptions
  /** whether it is this package's own, so that a config needs only its name, hyperparameters and options */
  readonly ours: boolean
  /**
   * the initial value of each slot, in the order of the definition: a constant, or an expression of the parameter `p`
   */
  readonly slots: Readonly<Record<string, Expr>>
  /** numbers on the device beside the slots, one for the tree or one for each leaf, by name */
  readonly cells: Readonly<Record<string, Cell>>
  /** null without cells and extras */
  readonly cellRunner: CellRunner | null
  /**
   * the scalars of step `t`, which counts from 1, for one leaf if hyperparameters are by path; without `leaf` numbers in
   * their ranges stand for these. Throws if a schedule is out of range
   */
  readonly scalars: (t: number, leaf?: LeafHypers) => Scalars
  /** the names of the hyperparameters by path; with any, each leaf has scalars of its own */
  readonly byPath: readonly string[]
  /** computes these scalars; null without hyperparameters by path, which bring it */
  readonly byPathRunner: ByPathRunner | null
  readonly readsParams: boolean
  /** the same with these hyperparameters, which have the same names; throws if one is out of range */
  readonly withHyper: (hyper: Hypers) => Self
}

/** What a rule computes, whatever its numbers are. */
export interface Equations {
  /** in order; each may read those before it */
  readonly totals: readonly Total[]
  readonly u: Expr
  /** the new parameter; null unless the rule moves it */
  readonly p: Expr | null
  /** the next value of each slot */
  readonly next: Readonly<Record<string, Expr>>
  /** the next value of each cell */
  readonly nextCells: Readonly<Record<string, Expr>>
  /** the numbers that the caller passes in `extra` at each step */
  readonly extras: readonly string[]
  readonly readsParams: boolean
  /** whether each leaf has scalars of its own, since a hyperparameter is by path */
  readonly byLeaf: boolean
  /** absent for most rules */
  readonly signals?: Signals
}

/**
 * Values that a link hands to later links of the same nest beside the update, such as the gradient that entered the
 * nest. They live for one step. No slot keeps them, and a total that they depend on is not read by the host.
 */
export interface Signals {
  /** by name, from what this rule reads; a later link may send another value of the same name */
  readonly sends: Readonly<Record<string, Expr>>
  /** the names that this rule reads: one value for the tree, or one for each element */
  readonly receives: Readonly<Record<string, 'total' | 'element'>>
}

/** A link that is written as equations of one element: hyperparameters, slots, totals and steps as data. */
export interface Rule extends Numbers<Rule>, Equations {
  readonly scalarNames: readonly string[]
  /** the same object for this rule with other numbers, so that it has the same plans */
  readonly equations: Equations
}
