/** What a chain becomes: its plan, and its shaders for WebGPU. */
import { split } from '../../lib/backends/split.js'
import { generateWgsl } from '../../lib/backends/webgpu/generate.js'
import type { GradientTransformation } from '../../lib/index.js'
import { placedLinks } from '../../lib/program/placed.js'
import { plan, type Plan } from '../../lib/plan/plan.js'

/** The plan of a step on leaves that every rule is active on. */
export const planOf = (tx: GradientTransformation): Plan => {
  const rules = placedLinks(tx.program).flatMap(({ link }) => (link.kind === 'rule' ? [link.rule] : []))
  const made = plan({ rules, goal: 'params', hasParams: true, classes: [rules.map(() => true)] })
  if (made === null) throw new Error('no plan')
  return made
}

/** The shaders of each pass, as in a donated step if they are to write `over` what they read. */
export const wgslOf = (tx: GradientTransformation, over: boolean, bindings: number): readonly string[] => {
  const { totals, classes } = planOf(tx)
  return classes.flatMap(({ passes, writes }) => {
    const homes = new Map(over ? writes.map(stream => [stream, stream.replace("'", '')]) : [])
    const names = totals.map(({ name }) => name)
    return passes.flatMap(pass =>
      pass === null
        ? []
        : split(pass.kernel, homes, bindings)
            .kernels.map(kernel => generateWgsl(kernel, { totals: names, homes }).text)
            .join('\n'),
    )
  })
}
