/** Runs a plan by an interpreter, pass by pass: the reference that kernels are checked against. */
import { evaluator, float64 } from '../rule/arith.js'
import { lit } from '../rule/expr.js'
import type { Interpreter } from '../rule/interpreter.js'
import type { Scalars } from '../rule/rule.js'
import type { ClassPlan } from './class.js'
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
  for (const { name, over, reduce, pass } of plan.totals) {
    const terms = leaves.map(({ of, values, like }) => {
      const sink = of.sinks[pass]?.reductions.find(({ total }) => total === name)
      return sink === undefined ? [] : I.evaluate([sink.of], { scalars, values, like })
    })
    const whole = over === 'tree' ? I.reduce(reduce, terms.flat()) : null
    leaves.forEach(({ values }, i) => (values[name] = whole ?? I.reduce(reduce, terms[i] ?? [])))
  }
  return leaves.map(({ of, values, like }) => {
    const writes = of.sinks.at(-1)?.writes ?? []
    const exprs = of.writes.flatMap(stream => writes.find(write => write.stream === stream)?.value ?? [])
    return I.evaluate(exprs, { scalars, values, like })
  })
}
