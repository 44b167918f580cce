/**
 * Many gradient trees, one per replica, to one: the first link of a chain, and run before all else, since what it is
 * given has not the structure of the parameters yet.
 */
import { notReplicas, replicaAbsent, replicaCount, wrongState } from '../errors.js'
import { seal } from '../tree/freeze.js'
import { build, flatten, isRecord, pathAt, type Structure } from '../tree/structure.js'
import { add, div, input } from './expr.js'
import { chainState, chainStates, runProgram } from './interpret.js'
import type { Interpreter, Leaves } from './interpreter.js'
import type { Gather, Program } from './program.js'

interface Gathered {
  readonly updates: unknown
  readonly state: unknown
}

/** Runs the gather that a program starts with, if it does: the gradient tree for the rest, and the state after it. */
export const gatherFirst = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  updates: unknown,
  where = 'state',
): Gathered => {
  if (program.kind === 'gather') return gather(I, program, state, updates, where)
  const first = program.kind === 'chain' ? program.links[0] : undefined
  if (program.kind !== 'chain' || first === undefined) return { updates, state }
  const [head, ...rest] = chainStates(program, state, where)
  const gathered = gatherFirst(I, first, head, updates, `${where}[0]`)
  return gathered.state === head
    ? { updates: gathered.updates, state }
    : { ...gathered, state: chainState(program, [gathered.state, ...rest]) }
}

const gather = <L>(I: Interpreter<L>, program: Gather, state: unknown, updates: unknown, where: string): Gathered => {
  const { name, how, axis, each } = program
  const { structure, replicas } = axis === null ? fromList(I, name, updates) : fromStack(I, name, updates, axis)
  if (!isRecord(state) || Object.keys(state).join() !== (each === null ? '' : 'each'))
    throw wrongState(name, where, each === null ? [] : ['each'], state)

  let next = state
  const ready = replicas.map(u => {
    if (each === null) return u
    const frame = { structure, active: u.map(() => true), extra: undefined }
    const [stepped, flow] = runProgram(I, each, state['each'], `${where}.each`, frame)({ u, p: null, moved: false })
    next = seal({ each: stepped })
    return flow.u
  })
  const updatesOut =
    typeof how === 'function' ? how(ready.map(u => build(structure, u))) : build(structure, join(I, how, ready))
  return { updates: updatesOut, state: next }
}

interface Replicas<L> {
  readonly structure: Structure
  readonly replicas: readonly Leaves<L>[]
}

const fromList = <L>(I: Interpreter<L>, who: string, updates: unknown): Replicas<L> => {
  if (!Array.isArray(updates) || updates.length === 0) throw notReplicas(who, updates)
  const { structure } = flatten(updates[0])
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
  const { structure } = flatten(updates)
  const slices = I.read(structure, updates, { who, what: 'updates', than: 'updates' }).map(leaf =>
    leaf === null ? null : I.unstack(leaf, axis),
  )
  const expected = slices.find(slice => slice !== null)?.length ?? 0
  slices.forEach((slice, i) => {
    if (slice !== null && slice.length !== expected)
      throw replicaCount(who, pathAt(structure, i), slice.length, expected)
  })
  if (expected === 0) throw notReplicas(who, updates)
  return { structure, replicas: Array.from({ length: expected }, (_, r) => slices.map(slice => slice?.[r] ?? null)) }
}

const [a, b, n] = [input('a', 'element'), input('b', 'element'), input('n', 'scalar')]

/** From the first replica to the last, so that the rounding is defined. */
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
