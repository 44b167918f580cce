/**
 * The memory of a stateful optimizer between steps, as data. State is kept by variable name. Its tensors are Variables,
 * which outlive any `tidy`; a handle from `getWeights` stays valid and current across steps.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stepInPlace } from '../consume.js'
import { atCount } from '../program/fold.js'
import { placedLinks } from '../program/placed.js'
import { gathersAcross } from '../program/gathers.js'
import type { Program } from '../program/program.js'
import type { Amend } from '../run.js'
import { build, flatten, joinPath, pathsOf } from '../tree/structure.js'
import { isTensor, isVariable } from '../tree/tensors.js'
import type { Extra } from '../transform.js'
import type { SlotPlace } from './places.js'
import { editParts, partsOf, type PerVariable } from './state.js'

export interface Book {
  /** finished steps */
  readonly iterations: number
  /** the variables that have state, in the order in which they joined */
  readonly variables: readonly tf.Variable[]
  /** the program's state for parameters `{name: variable}`; null before the first variable */
  readonly state: unknown
  /** slots in the order of their creation, in which weights are listed */
  readonly order: readonly SlotPlace[]
  /** slots that a user added to those of the program */
  readonly added: readonly AddedSlot[]
}

export interface AddedSlot {
  readonly of: tf.Variable
  readonly variable: string
  readonly slot: string
  readonly tensor: tf.Variable
}

export const emptyBook: Book = Object.freeze({ iterations: 0, variables: [], state: null, order: [], added: [] })

export const namesOf = (variables: readonly tf.Variable[]): readonly string[] => variables.map(({ name }) => name)

/** The short names of slots: `1.mu` becomes `mu` unless another path would become `mu` too. */
export const shortNames = (paths: readonly string[]): ((path: string) => string) => {
  const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
  const users = new Map<string, string>()
  const shared = new Set<string>()
  for (const path of new Set(paths)) {
    if (users.has(last(path))) shared.add(last(path))
    users.set(last(path), path)
  }
  return path => (shared.has(last(path)) ? path : last(path))
}

/** The tensors of one variable in one slot: one for a rule, any plain data for a user's `{init, update}`. */
const leavesOf = (slot: string, value: unknown): readonly (readonly [slot: string, tensor: tf.Tensor])[] => {
  const { structure, leaves } = flatten(value)
  return pathsOf(structure).flatMap((path, i) => {
    const leaf = leaves[i]
    return isTensor(leaf) ? [[path === '' ? slot : joinPath(slot, path), leaf] as const] : []
  })
}

/** Every slot tensor of a state with its place, slot by slot. */
export const slotsOf = (program: Program, state: unknown, names: readonly string[]) => {
  const { slots } = partsOf(program, state, names)
  const found = slots.flatMap(({ path, values }) =>
    names.flatMap(variable => leavesOf(path, values[variable]).map(([at, tensor]) => ({ variable, path: at, tensor }))),
  )
  // A slot that none of these variables has counts too, so that names do not depend on which variables there are.
  const absent = slots.flatMap(({ path, values }) => (Object.values(values).some(x => x !== null) ? [] : [path]))
  const short = shortNames([...found.map(({ path }) => path), ...absent])
  return found.map(({ variable, path, tensor }) => ({ variable, slot: short(path), path, tensor }))
}

/** The state with Variables as its tensors; `made` gives the Variable for each tensor that is not one. */
export const withVariables = (
  program: Program,
  state: unknown,
  names: readonly string[],
  made: (tensor: tf.Tensor, variable: string | null, path: string) => tf.Variable,
): unknown => {
  const settle = (value: unknown, variable: string | null, at: string): unknown => {
    const { structure, leaves } = flatten(value)
    const paths = pathsOf(structure)
    return build(
      structure,
      leaves.map((leaf, i) => {
        const path = paths[i] ?? ''
        return isTensor(leaf) && !isVariable(leaf) ? made(leaf, variable, path === '' ? at : joinPath(at, path)) : leaf
      }),
    )
  }
  return editParts(program, state, names, {
    slot: (path, values) => Object.fromEntries(names.map(name => [name, settle(values[name], name, path)])),
    loose: (path, leaf) => settle(leaf, null, path),
  })
}

/** A Variable on the same buffer. */
export const remember = (tensor: tf.Tensor): tf.Variable => tf.variable(tensor, false)

/** The book without the state of disposed variables, whose names may be in use again, and the slots to free. */
export const forgetDisposed = (program: Program, book: Book, newcomers: readonly tf.Variable[] = []) => {
  const taken = new Set(namesOf(newcomers))
  const gone = book.variables.filter(({ name, isDisposed }) => isDisposed || taken.has(name))
  if (gone.length === 0) return { book, freed: [] as readonly unknown[] }
  const names = new Set(namesOf(gone))
  const freed: unknown[] = []
  const without = (values: PerVariable): PerVariable =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, value]) => (names.has(name) ? (freed.push(value), []) : [[name, value]])),
    )
  const state = editParts(program, book.state, namesOf(book.variables), { slot: (_path, values) => without(values) })
  return {
    book: {
      ...book,
      state,
      variables: book.variables.filter(({ name }) => !names.has(name)),
      order: book.order.filter(({ variable }) => !names.has(variable)),
    },
    freed,
  }
}

/** The arguments of a step besides the book. */
export interface StepGradients {
  /** the function that the user called, for errors */
  readonly who: string
  readonly of: ReadonlyMap<tf.Variable, tf.Tensor>
  readonly extra?: Extra | undefined
  readonly amend?: ((value: tf.Tensor, variable: tf.Variable) => tf.Tensor) | undefined
}

/** Runs a step: assigns the variables that have a gradient, and their slots. Nothing happens if it throws. */
export const advance = (program: Program, book: Book, { who, of, extra, amend }: StepGradients): Book => {
  const iterations = book.iterations + 1
  if (book.state === null) return { ...book, iterations }
  const names = namesOf(book.variables)
  const params = Object.fromEntries(book.variables.map(variable => [variable.name, of.has(variable) ? variable : null]))
  const own = Object.fromEntries(book.variables.map(variable => [variable.name, of.get(variable) ?? null]))
  const updates = gathersAcross(program) ? [own] : own
  const inOrder = leavesInOrder(book.variables)
  const last: Amend | undefined =
    amend &&
    ((value, i) => {
      const variable = inOrder[i]
      return variable === undefined ? value : amend(value, variable)
    })
  const [, state] = stepInPlace(program, { who, updates, state: book.state, params, extra }, last)
  return { ...book, iterations, state: settledState(program, state, names) }
}

/** The variables in the tree order of the record `{name: variable}`. */
const leavesInOrder = (variables: readonly tf.Variable[]): readonly tf.Variable[] =>
  flatten(Object.fromEntries(variables.map(variable => [variable.name, variable]))).leaves as tf.Variable[]

/** Tensors that links in tfjs ops or of users made in a step become Variables; rules make none. */
const settledState = (program: Program, state: unknown, names: readonly string[]): unknown =>
  placedLinks(program).some(({ link: { kind } }) => kind === 'opaque' || kind === 'ops')
    ? withVariables(program, state, names, tensor => {
        const variable = remember(tensor)
        tensor.dispose()
        return variable
      })
    : state

/** The book with another count of steps, as after Keras's `iterations.assign`. */
export const atIterations = (program: Program, book: Book, iterations: number): Book => ({
  ...book,
  iterations,
  state: book.state === null ? null : atCount(program, book.state, iterations),
})
