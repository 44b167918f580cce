/**
 * What a program with choices or a gather is at one step: the gradients of replicas are put together, and the host makes
 * its choices. What is left is a program without either, the same object whenever the choices are the same, so that
 * plans can be kept with it. `aggregate` and `multiSteps` bring this walk; bundles without them omit it.
 */
import { placeOf } from './layouts.js'
import type { GatherInput, Gathered, Interpreter } from '../rule/interpreter.js'
import { startsWithGather, type Idle, type Nest, type Program, type Resolving } from './program.js'
import { isOpen } from './resolve.js'

const idle: Idle = { kind: 'idle' }

export const makeChoices: Resolving = (I, program, state, given) => {
  const gathered = gatherFirst(I, program, state, given, 'state')
  return { program: chosen(program, gathered.state, given.extra, 'state'), ...gathered }
}

/** Runs the gather that a program starts with, if it does: the gradient tree for the rest, and the state after it. */
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

/** The nest around these parts, the same object for the same parts. */
const nestOf = (nest: Nest, parts: readonly Program[]): Program => {
  if (parts.every((part, i) => part === nest.parts[i])) return nest
  const known = made.get(nest) ?? []
  made.set(nest, known)
  const found = known.find(one => one.parts.every((part, i) => part === parts[i]))
  if (found !== undefined) return found
  const fresh: Nest = { ...nest, parts }
  known.push(fresh)
  return fresh
}

/** A program without choices, and when it runs, in words. */
export interface Resolution {
  readonly when: readonly string[]
  readonly program: Program
}

/** Beyond this many, the other resolutions of a program are not listed: each would be planned and compiled. */
const most = 64

/** Every program that a step of this one may run. */
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
