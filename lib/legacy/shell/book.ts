/**
 * What a stateful optimizer remembers between steps, as data. State is by variable name and its tensors are Variables: they
 * outlive any `tidy`, and a handle given out stays valid and live across steps.
 */
import * as tf from '@tensorflow/tfjs-core'
import { stepInPlace } from '../../consume.js'
import { atCount, linksIn } from '../../program/fold.js'
import type { Program } from '../../program/program.js'
import { initTensors, type Amend } from '../../run.js'
import { disposeTree, tidy } from '../../tree/map.js'
import { build, flatten, joinPath, pathsOf } from '../../tree/structure.js'
import { isTensor, isVariable } from '../../tree/tensors.js'
import type { Extra } from '../../transform.js'
import { bind, restoreHosts, shortNames, type Loaded, type Place } from './bind.js'
import { editParts, grown, partsOf, type PerVariable } from './state.js'

export interface Book {
  /** finished steps */
  readonly iterations: number
  /** those that have state, in the order in which they came */
  readonly variables: readonly tf.Variable[]
  /** the program's, for `{name: variable}`; null before the first variable */
  readonly state: unknown
  /** slots in the order of their creation: what `weights` lists */
  readonly order: readonly Place[]
}

export const emptyBook: Book = Object.freeze({ iterations: 0, variables: [], state: null, order: [] })

const namesOf = (variables: readonly tf.Variable[]): readonly string[] => variables.map(({ name }) => name)

/** The tensors of one variable in one slot: one for a rule, any plain data for a user's pair. */
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
  const short = shortNames(found.map(({ path }) => path))
  return found.map(({ variable, path, tensor }) => ({ variable, slot: short(path), path, tensor }))
}

/** A state whose tensors are Variables; `made` says which Variable stands for a tensor that is none. */
const withVariables = (
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

/** The same values on the same buffer, as a Variable. */
const remember = (tensor: tf.Tensor): tf.Variable => tf.variable(tensor, false)

/** The book without the state of disposed variables, whose names others may have now; and the slots to free. */
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

export interface Admitted {
  readonly book: Book
  readonly loaded: Loaded
  /** frees what the book given has and this one has not */
  readonly commit: () => void
  /** frees what this book has and the one given has not */
  readonly undo: () => void
}

const nothing = (): void => undefined

/**
 * The book with state for all of `wanted`: at first values, or what was loaded for them. The book given stays valid until
 * `commit`. Nothing happens if it throws.
 */
export const admit = (program: Program, given: Book, wanted: readonly tf.Variable[], loaded: Loaded): Admitted => {
  const known = new Set(given.variables)
  const missing = wanted.filter(variable => !known.has(variable))
  if (missing.length === 0) return { book: given, loaded, commit: nothing, undo: nothing }
  return tidy(() => {
    const { book, freed } = forgetDisposed(program, given, missing)
    const names = namesOf(book.variables)
    const all = [...names, ...namesOf(missing)]
    const like = Object.fromEntries([
      ...names.map(name => [name, null] as const),
      ...missing.map(variable => [variable.name, variable] as const),
    ])
    const fresh = initTensors(program, like)
    const first = book.state === null || names.length === 0
    const started = atCount(program, fresh, book.iterations)
    const state = first ? started : grown(program, book.state, names, fresh, all)
    const news = slotsOf(program, fresh, all)
    const { takes, rest } = bind(loaded, news, first)
    const numbered = first ? restoreHosts(program, state, all, loaded) : state
    const loose = (variable: string | null, path: string) => (variable === null ? loaded.loose.get(path) : undefined)
    const made: tf.Variable[] = []
    const unused = new Set(loaded.loose.values())
    const settled = withVariables(program, numbered, all, (tensor, variable, path) => {
      const held = takes.get(tensor) ?? loose(variable, path)
      if (held !== undefined) {
        unused.delete(held)
        return held
      }
      const own = remember(tensor)
      made.push(own)
      return own
    })
    return {
      book: {
        iterations: book.iterations,
        variables: [...book.variables, ...missing],
        state: settled,
        order: [...book.order, ...news.map(({ variable, slot, path }) => ({ variable, slot, path }))],
      },
      loaded: first ? { ...rest, loose: new Map(), hosts: new Map() } : rest,
      commit: () => {
        disposeTree(first ? [freed, book.state, [...unused]] : freed)
      },
      undo: () => {
        disposeTree(made)
      },
    }
  })
}

/** What one step of the shell takes besides the book. */
export interface Gradients {
  /** the function a user called, for errors */
  readonly who: string
  readonly of: ReadonlyMap<tf.Variable, tf.Tensor>
  readonly extra?: Extra | undefined
  readonly amend?: ((value: tf.Tensor, variable: tf.Variable) => tf.Tensor) | undefined
}

/** Runs a step: assigns the variables that have a gradient and their slots. Nothing happens if it throws. */
export const advance = (program: Program, book: Book, { who, of, extra, amend }: Gradients): Book => {
  const iterations = book.iterations + 1
  if (book.state === null) return { ...book, iterations }
  const names = namesOf(book.variables)
  const params = Object.fromEntries(book.variables.map(variable => [variable.name, of.has(variable) ? variable : null]))
  const updates = Object.fromEntries(book.variables.map(variable => [variable.name, of.get(variable) ?? null]))
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

/** The variables in tree order of the record they make. */
const leavesInOrder = (variables: readonly tf.Variable[]): readonly tf.Variable[] =>
  flatten(Object.fromEntries(variables.map(variable => [variable.name, variable]))).leaves as tf.Variable[]

/** Tensors that were made in a step become Variables as well; rules make none. */
const settledState = (program: Program, state: unknown, names: readonly string[]): unknown =>
  linksIn(program).some(({ kind }) => kind === 'opaque' || kind === 'ops')
    ? withVariables(program, state, names, tensor => {
        const variable = remember(tensor)
        tensor.dispose()
        return variable
      })
    : state

/** The book at another count of steps, as Keras's `iterations.assign`. */
export const atIterations = (program: Program, book: Book, iterations: number): Book => ({
  ...book,
  iterations,
  state: book.state === null ? null : atCount(program, book.state, iterations),
})

/** Frees everything. */
export const close = ({ state }: Book, { slots, loose }: Loaded): void => {
  disposeTree([state, slots.map(({ value }) => value), [...loose.values()]])
}
