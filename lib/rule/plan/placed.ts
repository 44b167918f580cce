/** A program as the list of its links in the order in which they run, and its state as the list of theirs. */
import type { Mask } from '../../tree/mask.js'
import { chainState, chainStates, placeOf } from '../interpret.js'
import type { Gather, Opaque, Program } from '../program.js'
import type { Rule } from '../rule.js'

/** A link that is not made of others, with the masks around it from the outside in. */
export interface Placed {
  readonly link: { readonly kind: 'rule'; readonly rule: Rule } | Gather | Opaque
  readonly masks: readonly Mask[]
}

export const placedLinks = (program: Program, masks: readonly Mask[] = []): readonly Placed[] => {
  switch (program.kind) {
    case 'chain':
      return program.links.flatMap(link => placedLinks(link, masks))
    case 'masked':
      return placedLinks(program.inner, [...masks, program.mask])
    default:
      return [{ link: program, masks }]
  }
}

/** The state of one link, and where it stands in words. */
export interface LinkState {
  readonly state: unknown
  readonly where: string
}

/** The states of `placedLinks`, in their order. */
export const splitState = (program: Program, state: unknown, where = 'state'): readonly LinkState[] => {
  switch (program.kind) {
    case 'chain': {
      const states = chainStates(program, state, where)
      return program.links.flatMap((link, i) => splitState(link, states[i], placeOf(program, where, i)))
    }
    case 'masked':
      return splitState(program.inner, state, where)
    default:
      return [{ state, where }]
  }
}

/** The inverse of `splitState`. */
export const joinState = (program: Program, states: readonly unknown[]): unknown => {
  let next = 0
  const join = (part: Program): unknown => {
    switch (part.kind) {
      case 'chain':
        return chainState(part, part.links.map(join))
      case 'masked':
        return join(part.inner)
      default:
        return states[next++]
    }
  }
  return join(program)
}
