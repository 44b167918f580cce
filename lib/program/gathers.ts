/** Whether a program takes the gradients of replicas, and how. */
import { gatherNotFirst } from '../errors.js'
import type { Gather, Program } from './program.js'

/** The gather at the start of a program, and the name of its link. */
const gatherOf = (program: Program | undefined): readonly [name: string, gather: Gather] | null => {
  if (program?.kind !== 'nest') return null
  return program.gather === undefined ? gatherOf(program.parts[0]) : [program.type, program.gather]
}

/** The name of the link at the start that merges gradients of replicas; null if there is none. */
export const gatherName = (program: Program): string | null => gatherOf(program)?.[0] ?? null

/** Whether the program takes the gradients of replicas. */
export const startsWithGather = (program: Program): boolean => gatherOf(program) !== null

/** How the program takes the gradients of replicas; null if it takes one tree. */
export const replicasOf = (program: Program): 'list' | 'stacked' | null => {
  const gather = gatherOf(program)
  return gather === null ? null : gather[1].axis === null ? 'list' : 'stacked'
}

/** Whether the program takes a list of replicas to merge them with those of other processes. */
export const gathersAcross = (program: Program): boolean => {
  const gather = gatherOf(program)
  return gather !== null && gather[1].axis === null && gather[1].isAcross
}

/** Returns the program; throws if it takes the gradients of replicas, which only the first link of a chain can. */
export const refuseGather = (who: string, program: Program): Program => {
  const gather = gatherOf(program)
  if (gather !== null) throw gatherNotFirst(who, gather[0])
  return program
}
