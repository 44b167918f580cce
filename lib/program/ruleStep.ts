/** Interprets one rule: its first state, and one step. */
import { needsParams, slotMissing } from '../errors.js'
import type { Numbers, Rule } from '../rule/rule.js'
import { seal } from '../tree/freeze.js'
import { build, pathAt, type TreeNames } from '../tree/structure.js'
import type { Flow, Frame, Interpreter, Leaves, FlowStep } from '../rule/interpreter.js'
import { numberedState } from './record.js'

/** The first state: count 0, and every slot at its first value. */
export const initNumbered = <L>(
  I: Interpreter<L>,
  { slots }: Numbers<unknown>,
  p: Leaves<L>,
  frame: Frame,
): unknown => {
  const names = Object.keys(slots)
  const exprs = Object.values(slots)
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

/** The inputs of a link with slots in one step. */
export interface Inputs<L> {
  readonly count: number
  /** the leaves of every slot */
  readonly slots: readonly Leaves<L>[]
  /** the leaves that take part, by index, with the values that their expressions read */
  readonly leaves: ReadonlyMap<number, { readonly like: L; readonly values: Record<string, L> }>
}

/**
 * The leaves that take part, each with its update, its parameter and its slots; throws if one is missing. Slots in
 * `shaped` may be missing, and are not compared with the updates.
 */
export const inputsOf = <L>(
  I: Interpreter<L>,
  link: Numbers<unknown>,
  state: unknown,
  where: string,
  { structure, active }: Frame,
  flow: Flow<L>,
  shaped: Readonly<Record<string, unknown>> = {},
): Inputs<L> => {
  const names = Object.keys(link.slots)
  const record = numberedState(link, state, where)
  if (link.readsParams && flow.p === null) throw needsParams(link.name)
  const slots = names.map(name => {
    const labels: TreeNames = { who: link.name, what: `${where}.${name}`, than: 'updates' }
    const leaves = I.read(structure, record[name], labels)
    if (!Object.hasOwn(shaped, name)) I.check(labels, structure, leaves, flow.u)
    return leaves
  })
  const leaves = new Map<number, { like: L; values: Record<string, L> }>()
  flow.u.forEach((u, i) => {
    if (u === null || active[i] !== true) return
    const p = flow.p?.[i] ?? null
    const values: Record<string, L> = p === null ? { u } : { u, p }
    names.forEach((name, k) => {
      const slot = slots[k]?.[i] ?? null
      if (slot !== null) values[name] = slot
      else if (!Object.hasOwn(shaped, name)) throw slotMissing(link.name, `${where}.${name}`, pathAt(structure, i))
    })
    leaves.set(i, { like: u, values })
  })
  return { count: record.count, slots, leaves }
}

/** The state of a link with slots after a step. */
export const nextState = <L>(
  { slots }: Numbers<unknown>,
  { structure }: Frame,
  count: number,
  trees: readonly Leaves<L>[],
): unknown => {
  const next = Object.keys(slots).map((name, k) => [name, build(structure, trees[k] ?? [], seal)] as const)
  return seal({ count: count + 1, ...Object.fromEntries(next) })
}

/** One step: totals first, then every output of every leaf that takes part. */
export const runRule =
  <L>(I: Interpreter<L>, rule: Rule, state: unknown, where: string, frame: Frame): FlowStep<L> =>
  flow => {
    const { count, slots, leaves: inputs } = inputsOf(I, rule, state, where, frame, flow)
    const scalars = rule.scalars(count + 1)
    const leaves = [...inputs.values()]
    rule.totals.forEach(({ name, over, reduce, of }) => {
      const terms = leaves.map(({ like, values }) => I.evaluate([of], { scalars, values, like }))
      const whole = over === 'tree' ? I.reduce(reduce, terms.flat()) : null
      leaves.forEach(({ values }, k) => (values[name] = whole ?? I.reduce(reduce, terms[k] ?? [])))
    })

    const names = Object.keys(rule.slots)
    const exprs = [rule.u, ...names.flatMap(name => rule.next[name] ?? []), ...(rule.p === null ? [] : [rule.p])]
    const outputs = new Map(
      [...inputs].map(([i, { like, values }]) => [i, I.evaluate(exprs, { scalars, values, like })]),
    )
    const output = (k: number, before: Leaves<L>): Leaves<L> => before.map((leaf, i) => outputs.get(i)?.[k] ?? leaf)

    const p = rule.p === null || flow.p === null ? flow.p : output(exprs.length - 1, flow.p)
    const moved = rule.p !== null && p !== null ? new Set([...flow.moved, ...outputs.keys()]) : flow.moved
    const trees = slots.map((before, k) => output(k + 1, before))
    return [nextState(rule, frame, count, trees), { u: output(0, flow.u), p, moved }]
  }
