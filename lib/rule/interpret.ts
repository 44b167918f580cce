/**
 * The interpretation of programs, once for every kind of leaf: tensors, arrays of float64, values with error bounds.
 * It walks chains, masks, states and counts; an `Interpreter` knows only how to evaluate expressions on one leaf.
 *
 * A leaf takes part in a step if its update is present and the mask has it. All others pass by untouched: their update,
 * their parameter, their slots.
 */
import {
  needsParams,
  notInterpretable,
  slotMissing,
  wrongCount,
  wrongResult,
  wrongState,
  wrongStateLength,
} from '../errors.js'
import { seal } from '../tree/freeze.js'
import { resolveMask } from '../tree/mask.js'
import { build, isRecord, joinPath, pathAt, type Named, type Structure } from '../tree/structure.js'
import type { Expr } from './expr.js'
import type { Opaque, Program } from './program.js'
import type { Rule, Scalars } from './rule.js'

/** What one kind of leaf must be able to do. */
export interface Interpreter<L> {
  readonly name: string
  /** the leaves of a tree in the order of `structure`; what is absent is null */
  readonly read: (structure: Structure, tree: unknown, names: Named) => (L | null)[]
  /** throws, naming the path, where a leaf cannot take part beside the other tree's: another shape or dtype */
  readonly check: (names: Named, structure: Structure, got: Leaves<L>, than: Leaves<L>) => void
  /** each expression at every element of one leaf: results have the shape of `like` */
  readonly evaluate: (exprs: readonly Expr[], env: LeafEnv<L>) => readonly L[]
  /** sum or maximum over all elements of all terms: a value per tree or leaf */
  readonly reduce: (how: 'sum' | 'max', terms: readonly L[]) => L
  /** the slices of a leaf along an axis */
  readonly unstack: (leaf: L, axis: number) => readonly L[]
  /** whether a user's `{init, update}` understands such leaves */
  readonly runsOpaque: boolean
}

export interface LeafEnv<L> {
  readonly scalars: Scalars
  readonly values: Readonly<Record<string, L>>
  readonly like: L
}

export type Leaves<L> = readonly (L | null)[]

/** What flows from link to link. */
export interface Flow<L> {
  readonly u: Leaves<L>
  readonly p: Leaves<L> | null
  /** whether a rule moved the parameters themselves */
  readonly moved: boolean
}

/** What stays the same along a chain. */
export interface Frame {
  readonly structure: Structure
  readonly active: readonly boolean[]
  readonly extra: unknown
}

type Step<L> = readonly [flow: Flow<L>, state: unknown]

/** The state of a program before its first step. */
export const initProgram = <L>(I: Interpreter<L>, program: Program, p: Leaves<L>, frame: Frame): unknown => {
  switch (program.kind) {
    case 'rule':
      return initRule(I, program.rule, p, frame)
    case 'chain': {
      const states = program.links.map(link => initProgram(I, link, p, frame))
      return seal(
        program.names === null ? states : Object.fromEntries(program.names.map((name, i) => [name, states[i]])),
      )
    }
    case 'masked':
      return initProgram(I, program.inner, p, narrow(frame, program.mask, p))
    case 'gather':
      return program.each === null ? seal({}) : seal({ each: initProgram(I, program.each, p, frame) })
    case 'opaque':
      if (!I.runsOpaque) throw notInterpretable(I.name, program.name)
      return program.init(onlyActive(p, frame))
  }
}

/** One step of a program on what the links before it left. */
export const runProgram = <L>(
  I: Interpreter<L>,
  program: Program,
  state: unknown,
  where: string,
  flow: Flow<L>,
  frame: Frame,
): Step<L> => {
  switch (program.kind) {
    case 'rule':
      return runRule(I, program.rule, state, where, flow, frame)
    case 'chain': {
      const next: unknown[] = []
      let passing = flow
      const states = chainStates(program, state, where)
      program.links.forEach((link, i) => {
        const place = program.names === null ? `${where}[${i}]` : joinPath(where, program.names[i] ?? '')
        const [left, stepped] = runProgram(I, link, states[i], place, passing, frame)
        passing = left
        next.push(stepped)
      })
      return [passing, chainState(program, next)]
    }
    case 'masked':
      return runProgram(I, program.inner, state, where, flow, narrow(frame, program.mask, flow.p ?? flow.u))
    case 'gather':
      return [flow, state] // gathered before the leaves were taken apart
    case 'opaque':
      return runOpaque(I, program, state, flow, frame)
  }
}

/** The states of a chain's links, in order. */
export const chainStates = (
  program: Program & { kind: 'chain' },
  state: unknown,
  where: string,
): readonly unknown[] => {
  const { names, links } = program
  if (names === null) {
    if (!Array.isArray(state) || state.length !== links.length) throw wrongStateLength(where, links.length, state)
    return state as readonly unknown[]
  }
  const record = recordOf('namedChain', names, state, where)
  return names.map(name => record[name])
}

/** The inverse of `chainStates`. */
export const chainState = ({ names }: Program & { kind: 'chain' }, states: readonly unknown[]): unknown =>
  seal(names === null ? states : Object.fromEntries(names.map((name, i) => [name, states[i]])))

const recordOf = (
  who: string,
  keys: readonly string[],
  state: unknown,
  where: string,
): Readonly<Record<string, unknown>> => {
  if (!isRecord(state) || Object.keys(state).length !== keys.length || !keys.every(key => Object.hasOwn(state, key)))
    throw wrongState(who, where, keys, state)
  return state
}

const narrow = <L>(frame: Frame, mask: Parameters<typeof resolveMask>[1], leaves: Leaves<L>): Frame => {
  const chosen = resolveMask('masked', mask, frame.structure, leaves)
  return { ...frame, active: frame.active.map((on, i) => on && chosen[i] === true) }
}

const onlyActive = <L>(leaves: Leaves<L>, { structure, active }: Frame): unknown =>
  build(
    structure,
    leaves.map((leaf, i) => (active[i] === true ? leaf : null)),
  )

const initRule = <L>(I: Interpreter<L>, rule: Rule, p: Leaves<L>, frame: Frame): unknown => {
  const names = Object.keys(rule.slots)
  const exprs = Object.values(rule.slots)
  const made = p.map((leaf, i) =>
    leaf === null || frame.active[i] !== true || exprs.length === 0
      ? null
      : I.evaluate(exprs, { scalars: {}, values: { p: leaf }, like: leaf }),
  )
  const slot = (k: number): unknown =>
    build(
      frame.structure,
      made.map(values => values?.[k] ?? null),
      seal,
    )
  return seal({ count: 0, ...Object.fromEntries(names.map((name, k) => [name, slot(k)])) })
}

const runRule = <L>(
  I: Interpreter<L>,
  rule: Rule,
  state: unknown,
  where: string,
  flow: Flow<L>,
  frame: Frame,
): Step<L> => {
  const { structure, active } = frame
  const names = Object.keys(rule.slots)
  const record = recordOf(rule.name, ['count', ...names], state, where)
  const { count } = record as { count?: unknown }
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) throw wrongCount(rule.name, where, count)
  if (rule.readsParams && flow.p === null) throw needsParams(rule.name)
  const scalars = rule.scalars(count + 1)

  const slots = names.map(name => {
    const labels: Named = { who: rule.name, what: `${where}.${name}`, than: 'updates' }
    const leaves = I.read(structure, record[name], labels)
    I.check(labels, structure, leaves, flow.u)
    return leaves
  })

  /** the leaves that take part, by number, with all they read */
  const inputs = new Map<number, { like: L; values: Record<string, L> }>()
  flow.u.forEach((u, i) => {
    if (u === null || active[i] !== true) return
    const p = flow.p?.[i] ?? null
    const values: Record<string, L> = p === null ? { u } : { u, p }
    names.forEach((name, k) => {
      const slot = slots[k]?.[i] ?? null
      if (slot === null) throw slotMissing(rule.name, `${where}.${name}`, pathAt(structure, i))
      values[name] = slot
    })
    inputs.set(i, { like: u, values })
  })

  const leaves = [...inputs.values()]
  rule.totals.forEach(({ name, over, reduce, of }) => {
    const terms = leaves.map(({ like, values }) => I.evaluate([of], { scalars, values, like }))
    const whole = over === 'tree' ? I.reduce(reduce, terms.flat()) : null
    leaves.forEach(({ values }, k) => (values[name] = whole ?? I.reduce(reduce, terms[k] ?? [])))
  })

  const exprs = [rule.u, ...Object.values(rule.next), ...(rule.p === null ? [] : [rule.p])]
  const outputs = new Map([...inputs].map(([i, { like, values }]) => [i, I.evaluate(exprs, { scalars, values, like })]))
  const output = (k: number, before: Leaves<L>): Leaves<L> => before.map((leaf, i) => outputs.get(i)?.[k] ?? leaf)

  const next = Object.fromEntries(names.map((name, k) => [name, build(structure, output(k + 1, slots[k] ?? []), seal)]))
  const p = rule.p === null || flow.p === null ? flow.p : output(exprs.length - 1, flow.p)
  return [{ u: output(0, flow.u), p, moved: flow.moved || rule.p !== null }, seal({ count: count + 1, ...next })]
}

const runOpaque = <L>(I: Interpreter<L>, program: Opaque, state: unknown, flow: Flow<L>, frame: Frame): Step<L> => {
  if (!I.runsOpaque) throw notInterpretable(I.name, program.name)
  const { structure, active, extra } = frame
  const params = flow.p === null ? undefined : onlyActive(flow.p, frame)
  const result: unknown = program.update(onlyActive(flow.u, frame), state, params, extra)
  if (!Array.isArray(result) || result.length !== 2) throw wrongResult(program.name, result)
  const labels: Named = { who: program.name, what: 'the updates it returned', than: 'updates' }
  const returned = I.read(structure, result[0], labels)
  I.check(labels, structure, returned, flow.u)
  return [{ ...flow, u: flow.u.map((leaf, i) => (active[i] === true ? (returned[i] ?? null) : leaf)) }, result[1]]
}
