/** A whole step of a program: checks at the door, gather, the links, and what becomes of the parameters. */
import { absentParam, emptyTree } from '../errors.js'
import { flatten, pathAt, type Structure } from '../tree/structure.js'
import { add, input, sub } from './expr.js'
import { gatherFirst } from './gather.js'
import { initProgram, runProgram } from './interpret.js'
import type { Interpreter, Leaves } from './interpreter.js'
import type { Program } from './program.js'

export interface Request {
  /** the function a user called, for errors */
  readonly who: string
  readonly updates: unknown
  readonly state: unknown
  readonly params: unknown
  readonly extra: unknown
}

export interface Outcome<L> {
  readonly structure: Structure
  /** the parameters given, or null */
  readonly before: Leaves<L> | null
  /** the updates, or for `step` the new parameters */
  readonly leaves: Leaves<L>
  readonly state: unknown
}

/** The state of `program` for `params`. */
export const initialState = <L>(I: Interpreter<L>, program: Program, params: unknown): unknown => {
  const { structure } = flatten(params)
  const p = I.read(structure, params, { who: 'init', what: 'params', than: 'params' })
  if (p.every(leaf => leaf === null)) throw emptyTree('init', 'params')
  return initProgram(I, program, p, { structure, given: p, active: p.map(() => true), extra: undefined })
}

const run = <L>(I: Interpreter<L>, program: Program, request: Request) => {
  const { who, params, extra } = request
  const gathered = gatherFirst(I, program, request.state, request)
  const given = params !== undefined && params !== null
  const { structure } = flatten(given ? params : gathered.updates)
  const u = I.read(structure, gathered.updates, { who, what: 'updates', than: 'params' })
  const before = given ? I.read(structure, params, { who, what: 'params', than: 'params' }) : null
  if (u.length === 0 || (structure.kind === 'leaf' && u[0] === null)) throw emptyTree(who, 'updates')
  I.check({ who, what: 'updates', than: 'params' }, structure, u, before ?? u)
  if (before !== null) {
    I.check({ who, what: 'params', than: 'updates' }, structure, before, u)
    u.forEach((leaf, i) => {
      if (leaf !== null && before[i] === null) throw absentParam(who, pathAt(structure, i))
    })
  }
  const frame = { structure, given: before ?? u, active: u.map(() => true), extra }
  const flow = { u, p: before, moved: new Set<number>() }
  const [state, after] = runProgram(I, program, gathered.state, 'state', frame)(flow)
  return { structure, before, after, state }
}

const [p, u, old] = [input('p', 'element'), input('u', 'element'), input('old', 'element')]

const combine = <L>(I: Interpreter<L>, values: Readonly<Record<string, L>>, like: L, expr: typeof p): L =>
  I.evaluate([expr], { scalars: {}, values, like })[0] ?? like

/** The updates of one step. Where a rule moved a parameter itself, its update is the whole way: `(p' + u) - p`. */
export const runUpdate = <L>(I: Interpreter<L>, program: Program, request: Request): Outcome<L> => {
  const { structure, before, after, state } = run(I, program, request)
  const leaves = after.u.map((leaf, i) => {
    const [moved, start] = [after.p?.[i] ?? null, before?.[i] ?? null]
    if (leaf === null || moved === null || start === null || !after.moved.has(i)) return leaf
    return combine(I, { p: moved, u: leaf, old: start }, leaf, sub(add(p, u), old))
  })
  return { structure, before, leaves, state }
}

/** The parameters after one step: `p + u`. A leaf without update stays. */
export const runStep = <L>(I: Interpreter<L>, program: Program, request: Request): Outcome<L> => {
  const { structure, before, after, state } = run(I, program, request)
  const leaves = (after.p ?? []).map((leaf, i) => {
    const update = after.u[i] ?? null
    return leaf === null || update === null ? leaf : combine(I, { p: leaf, u: update }, leaf, add(p, u))
  })
  return { structure, before, leaves, state }
}
