/** The interpretation of one rule: its first state, and a step. */
import { needsParams, slotMissing } from '../errors.js'
import { seal } from '../tree/freeze.js'
import { build, pathAt, type Named } from '../tree/structure.js'
import type { Frame, Interpreter, Leaves, Step } from './interpreter.js'
import { ruleState } from './record.js'
import type { Rule } from './rule.js'

/** Slots at their first values, count 0. */
export const initRule = <L>(I: Interpreter<L>, rule: Rule, p: Leaves<L>, frame: Frame): unknown => {
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

/** One step: totals first, then every output of every leaf that takes part. */
export const runRule =
  <L>(I: Interpreter<L>, rule: Rule, state: unknown, where: string, frame: Frame): Step<L> =>
  flow => {
    const { structure, active } = frame
    const names = Object.keys(rule.slots)
    const record = ruleState(rule, state, where)
    const { count } = record
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

    const exprs = [rule.u, ...names.flatMap(name => rule.next[name] ?? []), ...(rule.p === null ? [] : [rule.p])]
    const outputs = new Map(
      [...inputs].map(([i, { like, values }]) => [i, I.evaluate(exprs, { scalars, values, like })]),
    )
    const output = (k: number, before: Leaves<L>): Leaves<L> => before.map((leaf, i) => outputs.get(i)?.[k] ?? leaf)

    const next = Object.fromEntries(
      names.map((name, k) => [name, build(structure, output(k + 1, slots[k] ?? []), seal)]),
    )
    const p = rule.p === null || flow.p === null ? flow.p : output(exprs.length - 1, flow.p)
    const moved = rule.p !== null && p !== null ? new Set([...flow.moved, ...outputs.keys()]) : flow.moved
    return [seal({ count: count + 1, ...next }), { u: output(0, flow.u), p, moved }]
  }
