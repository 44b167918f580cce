/**
 * Many gradient trees, one per replica, to one: the first link of a chain, and run before all else, since what it is
 * given has not the structure of the parameters yet. How is in the link itself, so that who has none carries no code for it.
 */
import { chainState, chainStates, placeOf } from './interpret.js'
import type { Gathered, Given, Interpreter } from './interpreter.js'
import { startsWithGather, type Program } from './program.js'

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
