/**
 * Resolves a program at the start of a step: merges the gradients of replicas, then makes the host's choices. The
 * result is a program without gathers and choices. Equal choices give the same object, so plans can be cached by
 * identity. `aggregate` and `multiSteps` bring `makeChoices`; bundles without them omit it.
 */
import { foundOrMade } from '../recent.js'
import { seal } from '../tree/freeze.js'
import { runUpdate } from './execute.js'
import { placeOf } from './layouts.js'
import type { GatherInput, Gathered, Interpreter } from '../rule/interpreter.js'
import { startsWithGather } from './gathers.js'
import type { Idle, Layout, Nest, Program, Resolved, Resolving, TryStep } from './program.js'
import { isOpen } from './resolve.js'

const idle: Idle = { kind: 'idle' }

export const makeChoices: Resolving = (I, program, state, given, attempt = interpreted(I, given)) => {
  const gathered = gatherFirst(I, program, state, given, 'state')
  const { updates } = gathered
  const first = (): unknown => seal({ count: 0, measured: I.reduce('sum', []) })
  const measured: Measured = (rule, stateAt, find) =>
    attempt(rule, { updates, state: () => stateAt(first()) }, next => {
      const { measured: leaf } = find(next) as { readonly measured: never }
      return I.number(leaf)
    })
  return { ...chosen(program, gathered.state, { extra: given.extra, measured }, 'state'), updates }
}

const interpreted =
  <L>(I: Interpreter<L>, given: GatherInput): TryStep =>
  (program, { updates, state }, read) =>
    read(runUpdate(I, program, { who: 'update', ...given, updates, state: state() }).state)

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

/**
 * A number of the updates that reach a place. `program` has the measuring rule at that place, and nothing behind it;
 * `stateAt` makes its state from that of the rule, and `find` does the inverse.
 */
type Measured = (program: Program, stateAt: (own: unknown) => unknown, find: (state: unknown) => unknown) => number

/** What choices depend on beside their states. */
interface Deciding {
  readonly extra: unknown
  readonly measured: Measured
}

/** A program without choices, and the state with what they have measured. */
type Chosen = Pick<Resolved, 'program' | 'state'>

const chosen = (program: Program, state: unknown, by: Deciding, where: string): Chosen => {
  if (program.kind !== 'nest' || !isOpen(program)) return { program, state }
  if (program.gather !== undefined) return { program: idle, state }
  const { choice, layout } = program
  if (choice === undefined) return chosenParts(program, layout, state, by, where)
  const { measure } = choice
  const now = measure === undefined ? state : measure.put(state, by.measured(measure.rule, same, same), where)
  const arm = choice.pick(now, by.extra, where).program
  // An arm may count the step where it joins a state, which is too early here.
  return arm.kind === 'nest' ? chosenParts(arm, layout, now, by, where) : { program: arm, state: now }
}

const same = (state: unknown): unknown => state

/** Resolves the parts in order, since what one measures depends on those before it; `outer` joins their states. */
const chosenParts = (nest: Nest, outer: Layout, state: unknown, by: Deciding, where: string): Chosen => {
  const { layout, parts } = nest
  const states = layout.split(state, where)
  const ready: Program[] = []
  const next = parts.map((part, i) => {
    const measured: Measured = (rule, stateAt, find) =>
      by.measured(
        nestOf(nest, [...ready, rule, ...parts.slice(i + 1).map(() => idle)]),
        own =>
          layout.join(
            states.map((one, k) => (k === i ? stateAt(own) : one)),
            state,
          ),
        after => find(layout.split(after, where)[i]),
      )
    const one = chosen(part, states[i], { ...by, measured }, placeOf(layout, where, i))
    ready.push(one.program)
    return one.state
  })
  const isSame = next.every((one, i) => one === states[i])
  return { program: nestOf(nest, ready), state: isSame ? state : outer.join(next, state) }
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
export const resolutionsOf = (program: Program): readonly Resolution[] =>
  [...trialsOf(program), ...armsOf(program)].slice(0, most)

const armsOf = (program: Program): readonly Resolution[] => {
  if (program.kind !== 'nest' || !isOpen(program)) return [{ when: [], program }]
  if (program.gather !== undefined) return [{ when: [], program: idle }]
  if (program.choice !== undefined)
    return program.choice.arms
      .flatMap(arm => armsOf(arm.program).map(one => ({ ...one, when: [arm.when, ...one.when] })))
      .slice(0, most)
  return combined(program, program.parts.map(armsOf))
}

/** A nest with every combination of its parts. */
const combined = (nest: Nest, parts: readonly (readonly Resolution[])[]): readonly Resolution[] =>
  parts
    .reduce<readonly (readonly Resolution[])[]>(
      (rows, some) => rows.flatMap(row => some.map(one => [...row, one])).slice(0, most),
      [[]],
    )
    .map(row => ({
      when: row.flatMap(({ when }) => when),
      program: nestOf(
        nest,
        row.map(one => one.program),
      ),
    }))

/** The programs that run before a step for a number of the updates. */
const trialsOf = (program: Program): readonly Resolution[] => {
  if (program.kind !== 'nest' || !isOpen(program)) return []
  const { choice, type, parts } = program
  if (choice !== undefined) {
    const own: readonly Resolution[] =
      choice.measure === undefined
        ? []
        : [
            {
              when: [`before the step, for a number that ${type} waits for`],
              program: choice.measure.rule,
            },
          ]
    return [...own, ...choice.arms.flatMap(arm => trialsOf(arm.program))]
  }
  return parts.flatMap((part, i) => {
    const behind = parts.slice(i + 1).map(() => [{ when: [], program: idle }])
    const trials = trialsOf(part)
    return trials.length === 0 ? [] : combined(program, [...parts.slice(0, i).map(armsOf), trials, ...behind])
  })
}
