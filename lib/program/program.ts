/**
 * What a transformation does, as data: a tree of links. A leaf of it does something to updates: a `rule` (an equation,
 * which devices fuse), `ops` (tfjs ops of a link of this package, with numbers, slots and a count like a rule), or an
 * `opaque` pair of functions of a user's. An `idle` link only keeps its state. Everything else is a `nest`: it contains
 * links and says how its state is made of theirs. A new combinator or wrapper is one more nest, in a file of its own.
 */
import { gatherNotFirst } from '../errors.js'
import type { Mask } from '../tree/mask.js'
import type { Numbers, Rule, Scalars } from '../rule/rule.js'
import type { Gathered, GatherInput, Gathering, Interpreter, LinkInterpretation } from '../rule/interpreter.js'

/** What a registered factory made this of, by the name it is registered under; read by `configOf` only. */
export interface MadeBy {
  readonly type: string
  readonly options: unknown
}

export type Program = (LeafLink | Nest) & { readonly madeBy?: MadeBy }

/** A link that contains no other. */
export type LeafLink = RuleLink | OpsLink | Opaque | Idle

export interface RuleLink {
  readonly kind: 'rule'
  readonly rule: Rule
}

/** A link of this package in tfjs ops, for what is not per element. */
export interface OpsLink {
  readonly kind: 'ops'
  readonly ops: TensorRule
}

/**
 * What one transformation does to one leaf, in tfjs ops. It has numbers, slots and a count like a rule; only tensors can
 * run it, and no device fuses it.
 */
export interface TensorRule extends Numbers<TensorRule> {
  /** one step of it; comes with the link, so bundles without such links omit it */
  readonly interpret: LinkInterpretation<TensorRule>
  /** throws, naming `path`, for a leaf that it cannot take */
  readonly check: (leaf: unknown, path: string) => void
  /**
   * The update and the next value of every slot from `u`, `p` and the slots of one leaf. Every value is a tensor; the
   * results must have the shapes of what they replace.
   */
  readonly run: (tensors: Readonly<Record<string, unknown>>, scalars: Scalars) => Readonly<Record<string, unknown>>
}

/** Any `{init, update}` of a user's. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly name: string
  readonly init: (params: unknown) => unknown
  readonly update: (updates: unknown, state: unknown, params: unknown, extra: unknown) => readonly [unknown, unknown]
}

/** Does nothing, and keeps the state it is given. A step puts it where a link does not run this time. */
export interface Idle {
  readonly kind: 'idle'
}

/** A link that contains others. Its parts run in order, on the leaves of its mask. */
export interface Nest {
  readonly kind: 'nest'
  /** the name of the factory, by which people and configs know it */
  readonly type: string
  readonly parts: readonly Program[]
  /** the leaves that its parts see, the others pass by and have no slots; null for all */
  readonly mask: Mask | null
  readonly layout: Layout
  /** the same with others in place of its parts */
  readonly around: (parts: readonly Program[]) => Program
  /** its arguments by the keys of its config, programs in place of transformations */
  readonly args: Readonly<Record<string, unknown>>
  /** what `printProgram` says of it */
  readonly title: string
  /** only if what it runs depends on the step */
  readonly choice?: Choice
  /** only if it puts the gradients of many replicas together, before anything else runs */
  readonly gather?: Gather
}

/** How the state of a nest is made of those of its parts, and where they stand in it. */
export interface Layout {
  readonly first: (states: readonly unknown[]) => unknown
  /** the states of the parts; throws, naming `where`, if `state` is no state of this nest */
  readonly split: (state: unknown, where: string) => readonly unknown[]
  /** the inverse of `split`; what is not a part's is kept as it was `before` */
  readonly join: (states: readonly unknown[], before: unknown) => unknown
  /** under which key the state of part `i` stands in that of the nest; null if it is the same */
  readonly key: (i: number) => string | number | null
  /** the names of numbers that the nest keeps itself, beside the states of its parts */
  readonly own: readonly string[]
  /** the state after `n` steps: its own numbers, and the count of every part; without it, every part has done `n` */
  readonly atCount?: (
    state: unknown,
    n: number,
    where: string,
  ) => { readonly state: unknown; readonly counts: readonly number[] }
}

/** What one step runs: a program without choices, and what it is given once the gradients of replicas are one tree. */
export interface Resolved extends Gathered {
  readonly program: Program
}

/** Puts gradients together and makes the choices of the host, where a step begins. */
export type Resolving = <L>(I: Interpreter<L>, program: Program, state: unknown, given: GatherInput) => Resolved

/** Several programs that take and give the same state, of which the host picks one for each step. */
export interface Choice {
  /** how a step resolves programs with choices; comes with the link, so bundles without such links omit it */
  readonly resolve: Resolving
  readonly arms: readonly Arm[]
  /** the arm for this step */
  readonly pick: (state: unknown, extra: unknown, where: string) => Arm
}

export interface Arm {
  /** when it runs, in words */
  readonly when: string
  readonly program: Program
}

/** Many gradient trees to one. */
export interface Gather {
  /** how a step resolves programs that begin with a gather, as for choices */
  readonly resolve: Resolving
  /** null: a list of trees; a number: one tree whose leaves are stacked along this axis */
  readonly axis: number | null
  readonly run: Gathering
}

/** Puts the gradient trees of all replicas together in a way of one's own. */
export type Reduce = (replicas: readonly unknown[]) => unknown

/** The gather that a program starts with. */
const gatherOf = (program: Program | undefined): readonly [name: string, gather: Gather] | null => {
  if (program?.kind !== 'nest') return null
  return program.gather === undefined ? gatherOf(program.parts[0]) : [program.type, program.gather]
}

/** The name of the link that puts gradients of many replicas together, if the program starts with one. */
export const gatherName = (program: Program): string | null => gatherOf(program)?.[0] ?? null

/** Whether the program takes gradients of many replicas. */
export const startsWithGather = (program: Program): boolean => gatherOf(program) !== null

/** How the program takes the gradients of many replicas, if it does. */
export const replicasOf = (program: Program): 'list' | 'stacked' | null => {
  const gather = gatherOf(program)
  return gather === null ? null : gather[1].axis === null ? 'list' : 'stacked'
}

/** The program, unless it takes gradients of many replicas: only the first link of a chain can. */
export const refuseGather = (who: string, program: Program): Program => {
  const gather = gatherOf(program)
  if (gather !== null) throw gatherNotFirst(who, gather[0])
  return program
}
