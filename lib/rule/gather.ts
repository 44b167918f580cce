/**
 * Many gradient trees, one per replica, to one: the first link of a chain, and run before all else, since what it is
 * given has not the structure of the parameters yet. How is in the link itself, so that who has none carries no code for it.
 */
import { chainState, chainStates, placeOf } from './interpret.js'
import type { Interpreter } from './interpreter.js'
import { startsWithGather, type Gather, type Program } from './program.js'

export interface Gathered {
  readonly updates: unknown
  readonly state: unknown
}

/** What is given to a step, as far as a gather looks at it. */
export interface Given {
  readonly updates: unknown
  readonly params: unknown
  readonly extra: unknown
}

/** Puts gradient trees together; `where` is the place of the state in words. */
export type Gathering = <L>(I: Interpreter<L>, gather: Gather, state: unknown, given: Given, where: string) => Gathered

/** Runs the gather that a program starts with, if it does: the gradient tree for the rest, and the state after it. */
export const gatherFirst = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  given: Given,
  where = 'state',
): Gathered => {
  if (program.kind === 'gather') return program.run(I, program, state, given, where)
  const first = program.kind === 'chain' ? program.links[0] : undefined
  if (program.kind !== 'chain' || first === undefined || !startsWithGather(first))
    return { updates: given.updates, state }
  const [head, ...rest] = chainStates(program, state, where)
  const gathered = gatherFirst(I, first, head, given, placeOf(program, where, 0))
  return { ...gathered, state: chainState(program, [gathered.state, ...rest]) }
}
