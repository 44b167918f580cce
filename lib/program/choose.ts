/**
 * Resolves a program at the start of a step: merges the gradients of replicas, then makes the host's choices. The
 * result is a program without gathers and choices. Equal choices give the same object, so plans can be cached by
 * identity. `aggregate` and `multiSteps` bring `makeChoices`; bundles without them omit it.
 */
import { foundOrMade } from '../recent.js'
import { placeOf } from './layouts.js'
import type { GatherInput, Gathered, Interpreter } from '../rule/interpreter.js'
import { startsWithGather, type Idle, type Nest, type Program, type Resolving } from './program.js'
import { isOpen } from './resolve.js'

const idle: Idle = { kind: 'idle' }

export const makeChoices: Resolving = (I, program, state, given) => {
  const gathered = gatherFirst(I, program, state, given, 'state')
  return { program: chosen(program, gathered.state, given.extra, 'state'), ...gathered }
}

/** Runs the gather at the start of a program, if there is one. Returns the merged gradients and the state after it. */
const gatherFirst = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  given: GatherInput,
  where: string,
): Gathered => {
  if (program.kind !== 'nest' || !startsWithGather(program)) return { updates: given.updates, state }
  if (program.gather !== undefined) return program.gather.run(I, state, given, where)
  const { layout, parts } = program
  const [head, ...rest] = layout.split(state, where)
  const gathered = gatherFirst(I, parts[0] ?? idle, head, given, placeOf(layout, where, 0))
  return { ...gathered, state: layout.join([gathered.state, ...rest], state) }
}

const chosen = (program: Program, state: unknown, extra: unknown, where: string): Program => {
  if (program.kind !== 'nest' || !isOpen(program)) return program
  if (program.gather !== undefined) return idle
  const { choice, layout, parts } = program
  if (choice !== undefined) return chosen(choice.pick(state, extra, where).program, state, extra, where)
  const states = layout.split(state, where)
  return nestOf(
    program,
    parts.map((part, i) => chosen(part, states[i], extra, placeOf(layout, where, i))),
  )
}

const made = new WeakMap<Nest, Nest[]>()

/** How many combinations of its choices a nest keeps; each has plans of its own. */
const mostKept = 256

/** The nest with these parts; the same parts give the same object. */
const nestOf = (nest: Nest, parts: readonly Program[]): Program => {
  if (parts.every((part, i) => part === nest.parts[i])) return nest
  const known = made.get(nest) ?? []
  made.set(nest, known)
  const isSame = (one: Nest): boolean => one.parts.every((part, i) => part === parts[i])
  return foundOrMade(known, mostKept, isSame, () => ({ ...nest, parts }))
}

/** A program without choices, and when it runs, in words. */
export interface Resolution {
  readonly when: readonly string[]
  readonly program: Program
}

/** At most this many resolutions are listed, since each would be planned and compiled. */
const most = 64

/** Every program that a step of this one may run, up to `most`. */
export const resolutionsOf = (program: Program): readonly Resolution[] => {
  if (program.kind !== 'nest' || !isOpen(program)) return [{ when: [], program }]
  if (program.gather !== undefined) return [{ when: [], program: idle }]
  if (program.choice !== undefined)
    return program.choice.arms
      .flatMap(arm => resolutionsOf(arm.program).map(one => ({ ...one, when: [arm.when, ...one.when] })))
      .slice(0, most)
  const combinations = program.parts.reduce<readonly (readonly Resolution[])[]>(
    (rows, part) => rows.flatMap(row => resolutionsOf(part).map(one => [...row, one])).slice(0, most),
    [[]],
  )
  return combinations.map(row => ({
    when: row.flatMap(({ when }) => when),
    program: nestOf(
      program,
      row.map(one => one.program),
    ),
  }))
}
