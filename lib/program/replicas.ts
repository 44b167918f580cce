/** Merges gradient trees, one per replica, into one: the gather of `aggregate`. */
import { placeOf } from './layouts.js'
import { badAxis, notReplicas, replicaAbsent, replicaCount } from '../errors.js'
import { build, flatten, pathAt, type TreeNames, type Structure } from '../tree/structure.js'
import { add, div, input } from '../rule/expr.js'
import { runProgram } from './interpret.js'
import { flowOf, type GatherInput, type Gathering, type Interpreter, type Leaves } from '../rule/interpreter.js'
import type { Layout, Program, Reduce } from './program.js'

export interface GatherOptions {
  readonly name: string
  readonly how: 'sum' | 'mean' | Reduce
  readonly axis: number | null
  /** runs on the tree of every replica before they are merged; has no slots */
  readonly each: Program | null
  /** the layout of the state, whose only part is that of `each` */
  readonly layout: Layout
}

export const gathering =
  ({ name, how, axis, each, layout }: GatherOptions): Gathering =>
  (I, state, given, where) => {
    const { structure, replicas } =
      axis === null ? fromList(I, name, given.updates) : fromStack(I, name, given.updates, axis)
    const [inner] = layout.split(state, where)
    const [next, ready] =
      each === null
        ? [[], replicas]
        : eachReplica(I, each, inner, { structure, replicas }, given, placeOf(layout, where, 0))
    return {
      updates:
        typeof how === 'function' ? byUser(I, name, how, structure, ready) : build(structure, join(I, how, ready)),
      state: layout.join(next, state),
    }
  }

/** Runs `each` on every replica from the same state. It has no slots, so the next states are all the same. */
const eachReplica = <L>(
  I: Interpreter<L>,
  each: Program,
  state: unknown,
  { structure, replicas }: Replicas<L>,
  { params, extra }: GatherInput,
  where: string,
): readonly [states: readonly unknown[], replicas: readonly Leaves<L>[]] => {
  const names: TreeNames = { who: 'aggregate', what: 'params', than: 'replica 0' }
  const p = params === undefined || params === null ? null : I.read(structure, params, names)
  const steps = replicas.map(u => {
    const frame = { structure, given: p ?? u, active: u.map(() => true), extra }
    return runProgram(I, each, state, where, frame)(flowOf(u, p))
  })
  return [[steps[0]?.[0]], steps.map(([, flow]) => flow.u)]
}

const byUser = <L>(
  I: Interpreter<L>,
  who: string,
  how: Reduce,
  structure: Structure,
  replicas: readonly Leaves<L>[],
): unknown => {
  const names: TreeNames = { who, what: 'the tree that how returned', than: 'replica 0' }
  const leaves = I.read(structure, how(replicas.map(u => build(structure, u))), names)
  I.check(names, structure, leaves, replicas[0] ?? [])
  return build(structure, leaves)
}

interface Replicas<L> {
  readonly structure: Structure
  readonly replicas: readonly Leaves<L>[]
}

const fromList = <L>(I: Interpreter<L>, who: string, updates: unknown): Replicas<L> => {
  if (!Array.isArray(updates) || updates.length === 0) throw notReplicas(who, updates)
  const { structure } = flatten(updates[0], who, 'replica 0')
  const replicas = updates.map((tree, r) => I.read(structure, tree, { who, what: `replica ${r}`, than: 'replica 0' }))
  const [first = []] = replicas
  replicas.forEach((leaves, r) => {
    I.check({ who, what: `replica ${r}`, than: 'replica 0' }, structure, leaves, first)
    leaves.forEach((leaf, i) => {
      if ((leaf === null) !== (first[i] === null)) throw replicaAbsent(who, pathAt(structure, i), leaf === null ? r : 0)
    })
  })
  return { structure, replicas }
}

const fromStack = <L>(I: Interpreter<L>, who: string, updates: unknown, axis: number): Replicas<L> => {
  const { structure } = flatten(updates, who, 'updates')
  const slices = I.read(structure, updates, { who, what: 'updates', than: 'updates' }).map((leaf, i) => {
    if (leaf === null) return null
    const slice = I.unstack(leaf, axis)
    if (slice === null) throw badAxis(who, pathAt(structure, i), axis)
    return slice
  })
  const expected = slices.find(slice => slice !== null)?.length ?? 0
  slices.forEach((slice, i) => {
    if (slice !== null && slice.length !== expected)
      throw replicaCount(who, pathAt(structure, i), slice.length, expected)
  })
  if (expected === 0) throw notReplicas(who, updates)
  return { structure, replicas: Array.from({ length: expected }, (_, r) => slices.map(slice => slice?.[r] ?? null)) }
}

const [a, b, n] = [input('a', 'element'), input('b', 'element'), input('n', 'scalar')]

/** Adds from the first replica to the last, so that rounding is reproducible. */
const join = <L>(I: Interpreter<L>, how: 'sum' | 'mean', replicas: readonly Leaves<L>[]): Leaves<L> => {
  const sum = replicas.reduce((left, right) =>
    left.map((x, i) => {
      const y = right[i] ?? null
      return x === null || y === null
        ? null
        : (I.evaluate([add(a, b)], { scalars: {}, values: { a: x, b: y }, like: x })[0] ?? null)
    }),
  )
  if (how === 'sum' || replicas.length === 1) return sum
  const scalars = { n: replicas.length }
  return sum.map(x =>
    x === null ? null : (I.evaluate([div(a, n)], { scalars, values: { a: x }, like: x })[0] ?? null),
  )
}
