import { evaluator, float64 } from '../rule/arith.js'
import type { Lowered } from '../plan/kernel.js'
import type { Scalars } from '../rule/rule.js'

/** The values of a kernel's uniforms in this step, evaluated in float64 and rounded once. */
const valuesOf = ({ uniforms }: Lowered, scalars: Scalars): readonly number[] => {
  const value = evaluator(float64, { scalars, values: {} })
  return uniforms.map(expr => Math.fround(value(expr)))
}

/** The uniforms of a kernel in a job: those of all leaves, and those of one. */
export interface StepUniforms {
  readonly all: readonly number[]
  readonly of: (leaf: { readonly scalars?: Scalars }) => readonly number[]
}

export const uniformsOf = (lowered: Lowered, scalars: Scalars): StepUniforms => {
  const all = valuesOf(lowered, scalars)
  if (!lowered.byLeaf) return { all, of: () => all }
  const known = new Map<Scalars, readonly number[]>()
  return {
    all,
    of: ({ scalars: own = scalars }) => {
      const values = known.get(own) ?? valuesOf(lowered, own)
      known.set(own, values)
      return values
    },
  }
}
