/** Runs a plan by an interpreter, pass by pass: the reference that kernels are checked against. */
import { evaluator, float64 } from '../rule/arith.js'
import { lit } from '../rule/expr.js'
import type { Interpreter } from '../rule/interpreter.js'
import type { Scalars } from '../rule/rule.js'
import { written, type ClassPlan } from './class.js'
import type { Plan } from './plan.js'

/** One leaf: its class, and the values of its streams and of the given numbers that it reads. */
export interface PlannedLeaf<L> {
  readonly of: ClassPlan
  readonly values: Readonly<Record<string, L>>
  readonly like: L
}

/** The written values of each leaf, in the order of its class's `writes`. */
export const runPlan = <L>(
  I: Interpreter<L>,
  plan: Plan,
  given: readonly PlannedLeaf<L>[],
  scalars: Scalars,
): readonly (readonly L[])[] => {
  const host = evaluator(float64, { scalars, values: {} })
  const leaves = given.map(({ of, values, like }) => {
    const rounded = [...of.rounded].map(([name, expr]) => [
      name,
      I.evaluate([lit(host(expr))], { scalars, values, like })[0],
    ])
    return { of, like, values: { ...values, ...Object.fromEntries(rounded) } as Record<string, L> }
  })
  const results = leaves.map(() => new Map<string, L>())
  for (const pass of plan.sweeps.flat()) {
    for (const { name, over, reduce } of plan.totals.filter(total => total.pass === pass)) {
      const terms = leaves.map(({ of, values, like }) => {
        const sink = of.sinks[pass]?.reductions.find(({ total }) => total === name)
        return sink === undefined ? [] : I.evaluate([sink.of], { scalars, values, like })
      })
      const whole = over === 'tree' ? I.reduce(reduce, terms.flat()) : null
      leaves.forEach(({ values }, i) => (values[name] = whole ?? I.reduce(reduce, terms[i] ?? [])))
    }
    leaves.forEach(({ of, values, like }, i) => {
      const writes = of.sinks[pass]?.writes ?? []
      const made = I.evaluate(
        writes.map(({ value }) => value),
        { scalars, values, like },
      )
      writes.forEach(({ stream }, k) => {
        const value = made[k]
        if (value !== undefined) results[i]?.set(stream, value)
      })
      for (const relay of of.relays) {
        const value = results[i]?.get(written(relay))
        if (value !== undefined) values[relay] = value
      }
    })
  }
  return leaves.map(({ of }, i) => of.writes.flatMap(stream => results[i]?.get(stream) ?? []))
}
