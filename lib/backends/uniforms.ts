import { scalarEvaluator } from '../rule/arith.js'
import type { Lowered } from '../plan/kernel.js'
import type { Scalars } from '../rule/rule.js'

/** The uniforms of a kernel in a job: those of all leaves, and those of one. */
export interface StepUniforms {
  readonly all: readonly number[]
  readonly of: (leaf: { readonly scalars?: Scalars }) => readonly number[]
}

/** The values of a kernel's uniforms in this step, evaluated in float64 and rounded once. */
export const uniformsOf = ({ uniforms, leafUniforms }: Lowered, scalars: Scalars): StepUniforms => {
  const value = scalarEvaluator(scalars)
  const all = uniforms.map(expr => Math.fround(value(expr)))
  if (leafUniforms.length === 0) return { all, of: () => all }
  const known = new Map<Scalars, readonly number[]>()
  const ofLeaf = (own: Scalars): readonly number[] => {
    const ownValue = scalarEvaluator(own)
    const values = all.slice()
    for (const index of leafUniforms) {
      const expr = uniforms[index]
      if (expr !== undefined) values[index] = Math.fround(ownValue(expr))
    }
    return values
  }
  return {
    all,
    of: ({ scalars: own = scalars }) => {
      const values = known.get(own) ?? ofLeaf(own)
      known.set(own, values)
      return values
    },
  }
}
