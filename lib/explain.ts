/** What a chain becomes, as a person reads it. */
import { textOf, verdictsNow, type Verdict } from './backends/fused/verdicts.js'
import { servedBy } from './backends/registry.js'
import { badArgument } from './errors.js'
import { asRecord, refuseUnknown } from './rule/options.js'
import { equations, printExpr } from './rule/print.js'
import { plannedOf, segmentsOf, type Planned } from './rule/plan/classes.js'
import { placedLinks, type Placed } from './rule/plan/placed.js'
import type { Lowered } from './rule/plan/kernel.js'
import type { ClassPlan, Plan } from './rule/plan/plan.js'
import { programName } from './rule/program.js'
import { tensorsOf } from './tree/map.js'
import { programOf, type FirstLink } from './transform.js'

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 'es'}`

const bytesOf = ({ passes }: ClassPlan): number =>
  passes.reduce((bytes, pass) => bytes + 4 * ((pass?.kernel.reads.length ?? 0) + (pass?.kernel.writes.length ?? 0)), 0)

/** The code for a pass of a class; empty where it is not asked for, or there is none. */
type Source = (made: Plan, of: ClassPlan, pass: Lowered) => string

const passLines = (of: ClassPlan, pass: number, made: Plan, source: Source): readonly string[] => {
  const lowered = of.passes[pass] ?? null
  const { writes = [], reductions = [] } = of.sinks[pass] ?? {}
  if (lowered === null) return []
  const reduced = reductions.map(({ total, reduce, of: expr }) => {
    const over = made.totals.find(({ name }) => name === total)?.over ?? 'tree'
    return { name: total, over, reduce, of: expr }
  })
  const written = writes.map(({ stream, value }) => [stream, value] as const)
  const streams = [
    lowered.kernel.reads.length === 0 ? [] : [`reads ${lowered.kernel.reads.join(', ')}`],
    written.length === 0 ? [] : [`writes ${written.map(([stream]) => stream).join(', ')}`],
  ].flat()
  const code = source(made, of, lowered).split('\n')
  return [
    `pass ${pass + 1}: ${streams.join('; ')}`,
    ...equations(reduced, written).map(line => `  ${line}`),
    ...code.filter(line => line !== '').map(line => `    ${line}`),
  ]
}

const segmentLines = ({ rules, classes, plan: made }: Planned, source: Source): readonly string[] => {
  if (made === null) return []
  const title = rules.map(({ name }) => name).join(', ')
  return made.classes.flatMap((of, c) => {
    const { paths, active } = classes[c] ?? { paths: null, active: [] }
    const passes = of.passes.filter(pass => pass !== null).length
    const left = rules.filter((_, i) => active[i] !== true).map(({ name }) => name)
    const where =
      paths === null
        ? ''
        : ` on ${paths.length} of the leaves (${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', …' : ''})`
    return [
      `${title === '' ? 'p + u' : title}: ${count(passes, 'pass')}, ${bytesOf(of)} bytes per parameter${where}`,
      ...(left.length === 0 ? [] : [`  without ${left.join(', ')}`]),
      ...[...of.rounded].map(([name, expr]) => `  ${name} = ${printExpr(expr)} in float32`),
      ...of.passes.flatMap((_, pass) => passLines(of, pass, made, source)).map(line => `  ${line}`),
    ]
  })
}

const verdictOf = (made: Plan): Verdict => verdictsNow().get(textOf(made)) ?? 'unchecked'

/** What of the plans or the parameters leaves a step to tfjs ops. */
const refusalOf = (plans: readonly Plan[], params: unknown): string | null => {
  const other = tensorsOf(params).find(([, { dtype }]) => dtype !== 'float32')
  if (other !== undefined) return `${other[0] === '' ? 'params' : other[0]} is ${other[1].dtype}`
  return plans.some(made => verdictOf(made) === 'bad') ? 'its kernels failed the check at first use' : null
}

const cutLine = ({ link, masks }: Placed): string => {
  const name = link.kind === 'rule' ? link.rule.name : programName(link)
  const why = link.kind === 'gather' ? 'puts replicas together, in tfjs ops' : "a user's functions, which cut the chain"
  return `${name}: ${why}${masks.length === 0 ? '' : ', masked'}`
}

export interface ExplainOptions {
  /** the parameters, so that masks can be resolved: each set of leaves with the same links is shown */
  readonly params?: unknown
  /**
   * whether the generated code follows the equations of each pass; false by default. On a GPU its shaders, but for those
   * that put parts of totals together; on cpu and wasm what the SIMD module does to four elements; none where tfjs ops run
   */
  readonly source?: boolean
}

/**
 * What a chain becomes: passes over memory with their equations, bytes moved per parameter, and who runs them on the
 * backend of now, with the reason where it is not a generated kernel.
 *
 * Bytes are those of a donated step, 4 for each stream that a pass reads or writes. A total of the whole tree, such as
 * `clipByGlobalNorm`'s, costs a pass of its own.
 *
 * @throws TypeError for what is no transformation, an unknown option, or a `source` that is neither true nor false.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, chain, clipByGlobalNorm, explain } from 'tfjs-optax'
 * const lines = explain(chain(clipByGlobalNorm(1), adamw(1e-3))).split('\n')
 * // lines[1] is 'clipByGlobalNorm, scaleByAdam, addDecayedWeights, scaleByLearningRate: 2 passes, 32 bytes per parameter'
 */
export const explain = (tx: FirstLink, options: ExplainOptions = {}): string => {
  const { params, source = false, ...unknown } = asRecord('explain', options)
  refuseUnknown('explain', unknown)
  if (typeof source !== 'boolean') throw badArgument('explain', 'source', 'true or false', source)
  const segments = segmentsOf(placedLinks(programOf('explain', 'tx', tx)))
  const parts = segments.map(segment => {
    const [goal] = segment.goals
    return { own: goal === undefined ? null : plannedOf('explain', segment, goal, params), cut: segment.cut }
  })
  const plans = parts.flatMap(({ own }) => (own?.plan == null ? [] : [own.plan]))
  const isCut = !segments.some(({ goals }) => goals.includes('params'))
  const isTooDeep = parts.some(({ own }) => own !== null && own.plan === null)
  const refusal = isTooDeep ? 'its links are too many for one expression' : refusalOf(plans, params)
  const isChecked = plans.every(made => verdictOf(made) === 'good')
  const { device, isOver, line } = servedBy({ isCut, isChecked, refusal })
  const sourceOf: Source = (made, of, { kernel, uniforms }) =>
    source ? (device?.sourceOf({ plan: made, of, kernel, uniforms: uniforms.map(printExpr), isOver }) ?? '') : ''
  const lines = parts.flatMap(({ own, cut }) => [
    ...(own === null ? [] : segmentLines(own, sourceOf)),
    ...(cut === null ? [] : [cutLine(cut)]),
  ])
  return [line, ...lines, ...(isCut ? ['p + u: in tfjs ops'] : [])].join('\n')
}
