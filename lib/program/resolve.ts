/** Where a step begins: programs without choices are run as they are, others as the walk that their links bring says. */
import type { GatherInput, Interpreter } from '../rule/interpreter.js'
import type { Program, Resolved, Resolving } from './program.js'

const known = new WeakMap<Program, { readonly resolve: Resolving | null }>()

/** The walk of a program whose steps differ; null where every step runs the same. */
const resolvingOf = (program: Program): Resolving | null => {
  if (program.kind !== 'nest') return null
  const found = known.get(program)
  if (found !== undefined) return found.resolve
  const own = program.choice ?? program.gather
  const resolve = own?.resolve ?? program.parts.reduce<Resolving | null>((by, part) => by ?? resolvingOf(part), null)
  known.set(program, { resolve })
  return resolve
}

/** Whether what a program runs depends on the step. */
export const isOpen = (program: Program): boolean => resolvingOf(program) !== null

/** What a step of a program runs. */
export const resolve = <L>(I: Interpreter<L>, program: Program, state: unknown, given: GatherInput): Resolved =>
  resolvingOf(program)?.(I, program, state, given) ?? { program, state, updates: given.updates }
