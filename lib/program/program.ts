/**
 * What a transformation does, as data: a tree of links. Leaf links change updates: a `rule` (equations, which devices
 * fuse), `ops` (a function in tfjs ops with hyperparameters, slots and a count like a rule) or `opaque` (a user's pair
 * of functions). An `idle` link only keeps its state. All other links are a `nest`: it contains links and says how its
 * state contains theirs. A new combinator or wrapper is one more nest, in a file of its own.
 */
import type { Mask } from '../tree/mask.js'
import type { Numbers, Rule, Scalars, Signals } from '../rule/rule.js'
import type {
  Frame,
  Gathered,
  GatherInput,
  Gathering,
  Interpreter,
  Leaves,
  LinkInterpretation,
} from '../rule/interpreter.js'

/** The registered factory that made a program, and its options; only `configOf` reads it. */
export interface MadeBy {
  readonly type: string
  readonly options: unknown
}

/** What a transformation does, as data: a link, or a nest of links. */
export type Program = (LeafLink | Nest) & { readonly madeBy?: MadeBy }

/** A link that contains no other link. */
export type LeafLink = RuleLink | OpsLink | Opaque | Idle

export interface RuleLink {
  readonly kind: 'rule'
  readonly rule: Rule
}

/** A link in tfjs ops, for operations that are not per element; see `tensorwise`. */
export interface OpsLink {
  readonly kind: 'ops'
  readonly ops: TensorRule
}

/**
 * A transformation of one leaf in tfjs ops. It has hyperparameters, slots and a count like a rule, but only tensors can
 * run it, and no device fuses it.
 */
export interface TensorRule extends Numbers<TensorRule> {
  /** the slots whose shape is not that of the parameter, by name */
  readonly shaped: Readonly<Record<string, ShapedSlot>>
  /** names of trees like the updates that the caller may pass in `extra`; `run` gets null at steps without one */
  readonly trees: readonly string[]
  /** absent for most links */
  readonly signals?: Signals
  /** makes the first state, and `interpret` runs one step; stored in the link, so bundles without such links omit them */
  readonly init: <L>(I: Interpreter<L>, link: TensorRule, p: Leaves<L>, frame: Frame) => unknown
  readonly interpret: LinkInterpretation<TensorRule>
  /** throws an error that names `path` if `run` cannot take the leaf, which masks see as `name` */
  readonly check: (leaf: unknown, path: string, name: string) => void
  /**
   * From `u`, `p` and the slots of one leaf to its new update and slots. All values are tensors, or null for a slot that
   * this leaf does not have; the results must keep the shapes. `path` names the leaf as masks see it.
   */
  readonly run: (
    tensors: Readonly<Record<string, unknown>>,
    scalars: Scalars,
    path: string,
  ) => Readonly<Record<string, unknown>>
}

/** A slot with a shape of its own. */
export interface ShapedSlot {
  /** its shape for a parameter of shape `leaf`; null if such a leaf does not have this slot */
  readonly shape: (leaf: readonly number[]) => readonly number[] | null
  /** its first tensor, of this shape */
  readonly first: (shape: readonly number[]) => unknown
}

/** A user's `{init, update}`, or how a nest runs that runs its parts itself. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly name: string
  /** who runs it, in words for `explain`; by default a user's functions */
  readonly by?: string
  readonly init: (params: unknown) => unknown
  readonly update: (updates: unknown, state: unknown, params: unknown, extra: unknown) => readonly [unknown, unknown]
}

/** Does nothing and keeps its state. A step puts it in place of a link that does not run this time. */
export interface Idle {
  readonly kind: 'idle'
}

/** A link that contains others. Its parts run in order, on the leaves of its mask. */
export interface Nest {
  readonly kind: 'nest'
  /** the name of its factory, as configs and printouts have it */
  readonly type: string
  readonly parts: readonly Program[]
  /** selects the leaves that its parts see; the others pass unchanged and have no slots; null for all */
  readonly mask: Mask | null
  readonly layout: Layout
  /** the same nest with other parts */
  readonly around: (parts: readonly Program[]) => Program
  /** the arguments of its factory by config key, with programs in place of transformations */
  readonly args: Readonly<Record<string, unknown>>
  /** its first line in `printProgram` */
  readonly title: string
  /** present if its state keeps numbers of its parts */
  readonly kept?: KeptNumbers
  /** present if the parts that run depend on the step */
  readonly choice?: Choice
  /** present if it merges the gradients of replicas, before anything else runs */
  readonly gather?: Gather
  /** present if it runs its parts itself, on trees of its own: planner and interpreters take it for this one link */
  readonly asOne?: Opaque
  /** unknown to configs, as one of a user's `nest`, so that only a registered factory can write it */
  readonly isForeign?: true
}

/** Numbers of the parts of a nest that its state keeps, where users can edit them. */
export interface KeptNumbers {
  /** the parts with the numbers of the state */
  readonly parts: (state: unknown, where: string) => readonly Program[]
  /** the state with the numbers of the parts, which were changed */
  readonly renew: (state: unknown) => unknown
}

/** How the state of a nest contains those of its parts. */
export interface Layout {
  readonly first: (states: readonly unknown[]) => unknown
  /** the states of the parts; throws an error that names `where` if `state` does not fit */
  readonly split: (state: unknown, where: string) => readonly unknown[]
  /** the inverse of `split`; the nest's own numbers are copied from `before` */
  readonly join: (states: readonly unknown[], before: unknown) => unknown
  /** the key of part `i`'s state in the state of the nest; null if both are the same */
  readonly key: (i: number) => string | number | null
  /** the names of the numbers that the nest itself keeps beside the states of its parts */
  readonly own: readonly string[]
  /** sets the own numbers as after `n` steps, and says how many steps each part has done then; by default `n` */
  readonly atCount?: (
    state: unknown,
    n: number,
    where: string,
  ) => { readonly state: unknown; readonly counts: readonly number[] }
}

/** A program without choices for one step, with the merged gradients and the state after merging. */
export interface Resolved extends Gathered {
  readonly program: Program
}

/** Runs a step of which only a number of its next state is wanted; `state` makes the state that it starts from. */
export type TryStep = (
  program: Program,
  given: { readonly updates: unknown; readonly state: () => unknown },
  read: (next: unknown) => number,
) => number

/**
 * Merges gradients and makes the host's choices at the start of a step. Choices by a number of the updates have `attempt`
 * run what comes before them; by default the interpreter does.
 */
export type Resolving = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  given: GatherInput,
  attempt?: TryStep,
) => Resolved

/** Programs with the same kind of state, of which the host picks one for each step. */
export interface Choice {
  /** resolves a program with choices; stored in the link, so bundles without such links omit it */
  readonly resolve: Resolving
  readonly arms: readonly Arm[]
  /** the arm for this step */
  readonly pick: (state: unknown, extra: unknown, where: string) => Arm
  /** present if `pick` depends on a number of the updates that reach this link */
  readonly measure?: Measure
}

/** A number of the updates, which the host waits for before it picks. */
export interface Measure {
  /** a rule whose only cell, `measured`, becomes the number; its updates are -0, so that nothing is written */
  readonly rule: RuleLink
  /** the state of the choice with the number in it, where `pick` finds it */
  readonly put: (state: unknown, measured: number, where: string) => unknown
}

export interface Arm {
  /** when it runs, in words for `explain` */
  readonly when: string
  readonly program: Program
}

/** Merges the gradient trees of replicas into one. */
export interface Gather {
  /** resolves a program that starts with a gather, as for choices */
  readonly resolve: Resolving
  /** null: a list of trees; a number: one tree whose leaves are stacked along this axis */
  readonly axis: number | null
  /** whether the other replicas are in other processes, so that the list may be of one */
  readonly isAcross: boolean
  readonly run: Gathering
}

/** A function that merges the gradient trees of all replicas into one. */
export interface Reduce {
  (replicas: readonly unknown[]): unknown
  /**
   * present if it merges those of other processes too, so that one process usually has only one: what it does, in words
   * for printouts
   */
  readonly across?: string
}

/** The program as it runs: one link for a nest that runs its parts itself. */
export const asRun = (program: Program): LeafLink | Nest => (program as Partial<Nest>).asOne ?? program
