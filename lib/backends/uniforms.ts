import { evaluator, float64 } from '../rule/arith.js'
import type { Lowered } from '../plan/kernel.js'
import type { Scalars } from '../rule/rule.js'

/** The values of a kernel's uniforms in this step, evaluated in float64 and rounded once. */
export const uniformsOf = ({ uniforms }: Lowered, scalars: Scalars): readonly number[] => {
  const value = evaluator(float64, { scalars, values: {} })
  return uniforms.map(expr => Math.fround(value(expr)))
}
