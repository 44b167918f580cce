/** Interprets one rule: its first state, and one step. */
import { needsParams, slotMissing } from '../errors.js'
import type { Numbers, Rule, Scalars } from '../rule/rule.js'
import { namesOf } from '../tree/firstName.js'
import { seal } from '../tree/freeze.js'
import { build, pathAt, type TreeNames } from '../tree/structure.js'
import type { Flow, Frame, Interpreter, Leaves, FlowStep } from '../rule/interpreter.js'
import { interpretationOf, type LeafInput, type OpenCells } from './cellRunner.js'
import { numberedState } from './record.js'

/** The first state: count 0, and every slot and cell at its first value. */
export const initNumbered = <L>(I: Interpreter<L>, link: Numbers<unknown>, p: Leaves<L>, frame: Frame): unknown => {
  const { slots } = link
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
  const first = Object.fromEntries(names.map((name, k) => [name, slot(k)]))
  return seal({ count: 0, ...first, ...interpretationOf(link)?.first(I, link, p, frame) })
}

/** The inputs of a link with slots in one step. */
export interface Inputs<L> {
  readonly count: number
  /** the leaves of every slot */
  readonly slots: readonly Leaves<L>[]
  readonly cells: OpenCells<L> | null
  /** the leaves that take part, by index */
  readonly leaves: ReadonlyMap<number, LeafInput<L>>
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
  frame: Frame,
  flow: Flow<L>,
  shaped: Readonly<Record<string, unknown>> = {},
): Inputs<L> => {
  const { structure, active } = frame
  const names = Object.keys(link.slots)
  const record = numberedState(link, state, where)
  if (link.readsParams && flow.p === null) throw needsParams(link.name)
  const slots = names.map(name => {
    const labels: TreeNames = { who: link.name, what: `${where}.${name}`, than: 'updates' }
    const leaves = I.read(structure, record[name], labels)
    if (!Object.hasOwn(shaped, name)) I.check(labels, structure, leaves, flow.u)
    return leaves
  })
  const scalarsAt = scalarsOf(link, record.count + 1, frame)
  const cells = interpretationOf(link)?.open(I, link, record, where, frame) ?? null
  const leaves = new Map<number, LeafInput<L>>()
  flow.u.forEach((u, i) => {
    if (u === null || active[i] !== true) return
    const p = flow.p?.[i] ?? null
    const values: Record<string, L> = { u, ...(p === null ? {} : { p }), ...cells?.at(i) }
    for (const [name, leaves] of flow.signals) {
      const value = leaves.get(i)
      if (value !== undefined) values[name] = value
    }
    names.forEach((name, k) => {
      const slot = slots[k]?.[i] ?? null
      if (slot !== null) values[name] = slot
      else if (!Object.hasOwn(shaped, name)) throw slotMissing(link.name, `${where}.${name}`, pathAt(structure, i))
    })
    leaves.set(i, { like: u, values, scalars: scalarsAt(i) })
  })
  return { count: record.count, slots, cells, leaves }
}

/** A function from the index of a leaf to its scalars in step `t`. */
const scalarsOf = (
  link: Numbers<unknown>,
  t: number,
  { structure, active, given }: Pick<Frame, 'structure' | 'active' | 'given'>,
): ((i: number) => Scalars) => {
  const { byPathRunner } = link
  if (byPathRunner === null) {
    const scalars = link.scalars(t)
    return () => scalars
  }
  const names = namesOf(structure, given)
  const taking = names.flatMap((_, i) => (active[i] === true && given[i] !== null ? [i] : []))
  const { of, values } = byPathRunner.groups(
    [link],
    taking.map(i => names[i] ?? ''),
    taking.map(i => given[i]),
  )
  const scalars = values.map(own => byPathRunner.scalars([{ numbers: link, t }], own))
  const groupOf = new Map(taking.map((i, k) => [i, of[k] ?? -1]))
  return i => scalars[groupOf.get(i) ?? -1] ?? {}
}

/** The state of a link with slots after a step. */
export const nextState = <L>(
  { slots }: Numbers<unknown>,
  { structure }: Frame,
  count: number,
  trees: readonly Leaves<L>[],
  cells: Readonly<Record<string, unknown>> = {},
): unknown => {
  const next = Object.keys(slots).map((name, k) => [name, build(structure, trees[k] ?? [], seal)] as const)
  return seal({ count: count + 1, ...Object.fromEntries(next), ...cells })
}

/** One step: totals first, then every output of every leaf that takes part. */
export const runRule =
  <L>(I: Interpreter<L>, rule: Rule, state: unknown, where: string, frame: Frame): FlowStep<L> =>
  flow => {
    const { count, slots, cells, leaves: inputs } = inputsOf(I, rule, state, where, frame, flow)
    const leaves = [...inputs.values()]
    rule.totals.forEach(({ name, over, reduce, of }) => {
      const terms = leaves.map(leaf => I.evaluate([of], leaf))
      const whole = over === 'tree' ? I.reduce(reduce, terms.flat()) : null
      leaves.forEach(({ values }, k) => (values[name] = whole ?? I.reduce(reduce, terms[k] ?? [])))
    })

    const names = Object.keys(rule.slots)
    const exprs = [rule.u, ...names.flatMap(name => rule.next[name] ?? []), ...(rule.p === null ? [] : [rule.p])]
    const outputs = new Map([...inputs].map(([i, leaf]) => [i, I.evaluate(exprs, leaf)]))
    const output = (k: number, before: Leaves<L>): Leaves<L> => before.map((leaf, i) => outputs.get(i)?.[k] ?? leaf)

    const p = rule.p === null || flow.p === null ? flow.p : output(exprs.length - 1, flow.p)
    const moved = rule.p !== null && p !== null ? new Set([...flow.moved, ...outputs.keys()]) : flow.moved
    const trees = slots.map((before, k) => output(k + 1, before))
    const signals = sent(I, rule, inputs, flow.signals)
    return [nextState(rule, frame, count, trees, cells?.next(inputs)), { u: output(0, flow.u), p, moved, signals }]
  }

/** The signals after a rule: its own in place of earlier ones of the same name. */
const sent = <L>(
  I: Interpreter<L>,
  { signals }: Rule,
  leaves: ReadonlyMap<number, LeafInput<L>>,
  before: Flow<L>['signals'],
): Flow<L>['signals'] => {
  const made = Object.entries(signals?.sends ?? {}).map(([name, value]) => {
    const at = ({ like, ...leaf }: LeafInput<L>): L => {
      const shape = value.rate === 'element' ? like : I.reduce('sum', [])
      return I.evaluate([value], { ...leaf, like: shape })[0] ?? like
    }
    return [name, new Map([...leaves].map(([i, leaf]) => [i, at(leaf)]))] as const
  })
  return made.length === 0 ? before : new Map([...before, ...made])
}
