/**
 * What a transformation does, as data. Interpreters, the planner and `describe` read only this. Everything is made of
 * rules; `opaque` is a user's pair of functions, which only tfjs ops can run.
 */
import type { Mask } from '../tree/mask.js'
import type { Rule } from './rule.js'

export type Program =
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

/** Many gradient trees to one; only ever the first link. */
export interface Gather {
  readonly kind: 'gather'
  readonly name: string
  readonly how: 'sum' | 'mean' | ((replicas: readonly unknown[]) => unknown)
  /** null: a list of trees; a number: one tree whose leaves are stacked along this axis */
  readonly axis: number | null
  /** runs on the tree of every replica before they are put together; has no slots */
  readonly each: Program | null
}

/** Any `{init, update}` of a user's. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly name: string
  readonly init: (params: unknown) => unknown
  readonly update: (updates: unknown, state: unknown, params: unknown, extra: unknown) => readonly [unknown, unknown]
}

/** The rules of a program, in order. */
export const rulesOf = (program: Program): readonly Rule[] => {
  switch (program.kind) {
    case 'rule':
      return [program.rule]
    case 'chain':
      return program.links.flatMap(rulesOf)
    case 'masked':
      return rulesOf(program.inner)
    case 'gather':
      return program.each === null ? [] : rulesOf(program.each)
    case 'opaque':
      return []
  }
}

/** Whether the program takes gradients of many replicas. */
export const startsWithGather = (program: Program): boolean => {
  if (program.kind === 'gather') return true
  const first = program.kind === 'chain' ? program.links[0] : undefined
  return first !== undefined && startsWithGather(first)
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
