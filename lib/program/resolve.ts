/**
 * Resolves a program at the start of a step. Choices and gathers bring the function that does it; all other programs
 * run as they are.
 */
import type { GatherInput, Interpreter } from '../rule/interpreter.js'
import { asRun, type Program, type Resolved, type Resolving, type TryStep } from './program.js'

const known = new WeakMap<Program, { readonly resolve: Resolving | null }>()

/** The function that resolves a program; null if every step runs the program as it is. */
const resolvingOf = (program: Program): Resolving | null => {
  const run = asRun(program)
  if (run.kind !== 'nest') return null
  const found = known.get(program)
  if (found !== undefined) return found.resolve
  const own = run.choice ?? run.gather
  const resolve = own?.resolve ?? run.parts.reduce<Resolving | null>((by, part) => by ?? resolvingOf(part), null)
  known.set(program, { resolve })
  return resolve
}

/** Whether a program contains choices or a gather. */
export const isOpen = (program: Program): boolean => resolvingOf(program) !== null

/** The program that this step runs, with its state and updates. */
export const resolve = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  given: GatherInput,
  attempt?: TryStep,
): Resolved => resolvingOf(program)?.(I, program, state, given, attempt) ?? { program, state, updates: given.updates }
