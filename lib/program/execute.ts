/**
 * One whole step of a program by an interpreter: resolves the program, checks the trees, runs the links, and forms the
 * results.
 */
import { absentParam, emptyTree } from '../errors.js'
import { add, input, sub, type Expr } from '../rule/expr.js'
import { flatten, pathAt, type Structure } from '../tree/structure.js'
import { initProgram, runProgram, type LinkWalk } from './interpret.js'
import { flowOf, type Interpreter, type Leaves } from '../rule/interpreter.js'
import type { Program } from './program.js'
import { resolve } from './resolve.js'

/** The arguments of a step. */
export interface StepRequest {
  /** the public function that was called, for errors */
  readonly who: string
  readonly updates: unknown
  readonly state: unknown
  readonly params: unknown
  readonly extra: unknown
}

/** A step returns the state and one of these: the updates, or the parameters with the updates added. */
export type StepGoal = 'params' | 'updates'

/** The result of a step, by kernels or by tfjs ops. */
export interface StepResult<L> {
  readonly structure: Structure
  /** the given parameters, or null */
  readonly before: Leaves<L> | null
  /** the updates or the new parameters, as the goal says */
  readonly leaves: Leaves<L>
  readonly state: unknown
}

/** The state of `program` before its first step. */
export const initialState = <L>(I: Interpreter<L>, program: Program, params: unknown): unknown => {
  const { structure } = flatten(params, 'init', 'params')
  const p = I.read(structure, params, { who: 'init', what: 'params', than: 'params' })
  if (p.every(leaf => leaf === null)) throw emptyTree('init', 'params')
  return initProgram(I, program, p, { structure, given: p, active: p.map(() => true), extra: undefined })
}

const [p, u, old] = [input('p', 'element'), input('u', 'element'), input('old', 'element')]

/** One step, link by link, or as `walk` says. */
export const interpretStep = <L>(
  I: Interpreter<L>,
  program: Program,
  request: StepRequest,
  goal: StepGoal,
  walk?: LinkWalk<L>,
): StepResult<L> => {
  const { who, params, extra } = request
  const resolved = resolve(I, program, request.state, request)
  const given = params !== undefined && params !== null
  const { structure } = flatten(given ? params : resolved.updates, who, given ? 'params' : 'updates')
  const updates = I.read(structure, resolved.updates, { who, what: 'updates', than: 'params' })
  const before = given ? I.read(structure, params, { who, what: 'params', than: 'params' }) : null
  if (updates.length === 0 || (structure.kind === 'leaf' && updates[0] === null)) throw emptyTree(who, 'updates')
  I.check({ who, what: 'updates', than: 'params' }, structure, updates, before ?? updates)
  if (before !== null) {
    I.check({ who, what: 'params', than: 'updates' }, structure, before, updates)
    updates.forEach((leaf, i) => {
      if (leaf !== null && before[i] === null) throw absentParam(who, pathAt(structure, i))
    })
  }
  const frame = { structure, given: before ?? updates, active: updates.map(() => true), extra }
  const step = runProgram(I, resolved.program, resolved.state, 'state', frame, walk)
  const [state, after] = step(flowOf(updates, before))

  const combine = (values: Readonly<Record<string, L>>, like: L, expr: Expr): L =>
    I.evaluate([expr], { scalars: {}, values, like })[0] ?? like
  /** if a rule moved the parameter itself, its update is the whole difference */
  const update = (leaf: L | null, i: number): L | null => {
    const [moved, start] = [after.p?.[i] ?? null, before?.[i] ?? null]
    if (leaf === null || moved === null || start === null || !after.moved.has(i)) return leaf
    return combine({ p: moved, u: leaf, old: start }, leaf, sub(add(p, u), old))
  }
  const param = (leaf: L | null, i: number): L | null => {
    const by = after.u[i] ?? null
    return leaf === null || by === null ? leaf : combine({ p: leaf, u: by }, leaf, add(p, u))
  }
  const leaves = goal === 'updates' ? after.u.map(update) : (after.p ?? []).map(param)
  return { structure, before, leaves, state }
}

/** The updates of one step. If a rule moved a parameter itself, its update is the whole difference: `(p' + u) - p`. */
export const runUpdate = <L>(I: Interpreter<L>, program: Program, request: StepRequest): StepResult<L> =>
  interpretStep(I, program, request, 'updates')

/** The parameters after one step: `p + u`. A leaf without an update does not change. */
export const runStep = <L>(I: Interpreter<L>, program: Program, request: StepRequest): StepResult<L> =>
  interpretStep(I, program, request, 'params')
