/**
 * What a transformation does, as data. Interpreters, the planner and `describe` read only this. Everything is made of
 * rules; `opaque` is a user's pair of functions, which only tfjs ops can run.
 */
import { gatherNotFirst } from '../errors.js'
import type { Mask } from '../tree/mask.js'
import type { Gathering } from './interpreter.js'
import type { Rule } from './rule.js'

/** What a registered factory made this of, by the name it is registered under; read by `configOf` only. */
export interface MadeBy {
  readonly type: string
  readonly options: unknown
}

export type Program = (
  | { readonly kind: 'rule'; readonly rule: Rule }
  | {
      readonly kind: 'chain'
      readonly links: readonly Program[]
      /** the keys of a named chain's state; without them the state is a tuple */
      readonly names: readonly string[] | null
    }
  /** `inner` on the leaves of the mask; the others pass by, and have no slots */
  | { readonly kind: 'masked'; readonly inner: Program; readonly mask: Mask }
  | Gather
  | Opaque
) & { readonly madeBy?: MadeBy }

/** Puts the gradient trees of all replicas together in a way of one's own. */
export type Reduce = (replicas: readonly unknown[]) => unknown

/** Many gradient trees to one; only ever the first link. */
export interface Gather {
  readonly kind: 'gather'
  readonly name: string
  readonly how: 'sum' | 'mean' | Reduce
  /** null: a list of trees; a number: one tree whose leaves are stacked along this axis */
  readonly axis: number | null
  /** runs on the tree of every replica before they are put together; has no slots */
  readonly each: Program | null
  /** its interpretation, whatever the leaves */
  readonly run: Gathering
}

/** Any `{init, update}` of a user's. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly name: string
  readonly init: (params: unknown) => unknown
  readonly update: (updates: unknown, state: unknown, params: unknown, extra: unknown) => readonly [unknown, unknown]
}

/** The links of a program that are not made of others, in order. */
export const linksOf = (program: Program): readonly Exclude<Program, { kind: 'chain' | 'masked' }>[] => {
  switch (program.kind) {
    case 'chain':
      return program.links.flatMap(linksOf)
    case 'masked':
      return linksOf(program.inner)
    default:
      return [program]
  }
}

/** The gather that a program starts with. */
const gatherOf = (program: Program): Gather | null => {
  if (program.kind === 'gather') return program
  const first = program.kind === 'chain' ? program.links[0] : undefined
  return first === undefined ? null : gatherOf(first)
}

/** Whether the program takes gradients of many replicas. */
export const startsWithGather = (program: Program): boolean => gatherOf(program) !== null

/** How the program takes the gradients of many replicas, if it does. */
export const replicasOf = (program: Program): 'list' | 'stacked' | null => {
  const gather = gatherOf(program)
  return gather === null ? null : gather.axis === null ? 'list' : 'stacked'
}

/** The program, unless it takes gradients of many replicas: only the first link of a chain can. */
export const refuseGather = (who: string, program: Program): Program => {
  const gather = gatherOf(program)
  if (gather !== null) throw gatherNotFirst(who, gather.name)
  return program
}

/** The name a person knows the program by. */
export const programName = (program: Program): string => {
  switch (program.kind) {
    case 'rule':
      return program.rule.name
    case 'masked':
      return `masked ${programName(program.inner)}`
    case 'chain':
      return program.names === null ? 'chain' : 'namedChain'
    default:
      return program.name
  }
}
