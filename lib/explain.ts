/** `explain`: prints the plan of a chain, and who runs it. */
import { checked } from './call/checked.js'
import type { Names } from './call/signature.js'
import { sourceOf as wasmSource } from './backends/wasm/text.js'
import { verdictOf } from './backends/fused/verdicts.js'
import { servedBy } from './backends/registry.js'
import { badArgument } from './errors.js'
import { nodesOf, type Expr } from './rule/expr.js'
import { equations, printExpr } from './rule/print.js'
import { classified, goalsOf, planOf } from './plan/planner.js'
import type { CellPlan } from './plan/cellRunner.js'
import type { Lowered } from './plan/kernel.js'
import type { ClassPlan } from './plan/class.js'
import type { Plan } from './plan/plan.js'
import { programName } from './program/fold.js'
import { flatOf, type Stage } from './program/stages.js'
import { gatherName } from './program/gathers.js'
import type { Program } from './program/program.js'
import { resolutionsOf } from './program/choose.js'
import { pathsOf, flatten } from './tree/structure.js'
import { tensorsOf } from './tree/map.js'
import { programOf, type FirstLink } from './transform.js'

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 'es'}`

const bytesOf = ({ passes }: ClassPlan): number =>
  passes.reduce((bytes, pass) => bytes + 4 * ((pass?.kernel.reads.length ?? 0) + (pass?.kernel.writes.length ?? 0)), 0)

/** The generated code of a pass; empty if it was not asked for, or tfjs ops run. */
type SourceOf = (made: Plan, of: ClassPlan, pass: Lowered) => string

const passLines = (of: ClassPlan, pass: number, made: Plan, source: SourceOf): readonly string[] => {
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

/** What relays add to the memory of a step. Leaves that go through all passes one after the other share theirs on a CPU. */
const relayLine = ({ relays }: ClassPlan, { sweeps }: Plan): readonly string[] => {
  if (relays.length === 0) return []
  const whose = sweeps.length === 1 ? ', on cpu and wasm for the largest leaf only' : ''
  return [`  ${relays.join(', ')}: ${4 * relays.length} more bytes per parameter until the step ends${whose}`]
}

/** The rounded host scalars that the passes of a class read. */
const roundedIn = ({ rounded, sinks }: ClassPlan): readonly (readonly [string, Expr])[] => {
  const written = sinks.flatMap(({ writes, reductions }) => [
    ...writes.map(({ value }) => value),
    ...reductions.map(({ of }) => of),
  ])
  const names = new Set([...nodesOf(...written)].flatMap(node => (node.op === 'input' ? [node.name] : [])))
  return [...rounded].filter(([name]) => names.has(name))
}

/** A stage with the plan that steps will use. */
interface ShownStage {
  readonly stage: Stage
  /** null if the stage has no rules or no plan */
  readonly plan: Plan | null
  /** the classes of the parameters, with their indices in the plan and their leaves */
  readonly classes: readonly {
    readonly number: number
    readonly key: string
    readonly leaves: readonly number[] | null
  }[]
  /** why there is no plan, or why it is not known; null if there is a plan or nothing to run */
  readonly problem: string | null
}

const shownStage = (stage: Stage, goals: ReturnType<typeof goalsOf>, params: unknown): ShownStage => {
  const [goal] = goals
  const nothing = { stage, plan: null, classes: [] }
  if (goal === undefined) return { ...nothing, problem: null }
  const found = classified('explain', stage, params)
  if (found === null)
    return { ...nothing, problem: 'its masks are too many to be combined; give explain and ready the params' }
  const { keys, plan } = planOf(stage, goal, true, found.keys)
  if (plan === null) return { ...nothing, problem: 'its links are too many for one expression' }
  const classes = found.keys.map((key, c) => ({ key, number: keys.indexOf(key), leaves: found.leaves?.[c] ?? null }))
  return { stage, plan, classes, problem: null }
}

const stageLines = ({ stage, plan, classes }: ShownStage, params: unknown, source: SourceOf): readonly string[] => {
  if (plan === null) return []
  const names = stage.rules.map(({ rule }) => rule.name)
  const paths = params === undefined ? [] : pathsOf(flatten(params, 'explain', 'params').structure)
  return classes.flatMap(({ number, key, leaves }) => {
    const of = plan.classes[number]
    if (of === undefined) return []
    const passes = of.passes.filter(pass => pass !== null).length
    const left = names.filter((_, i) => key[i] !== '1')
    const some = leaves?.slice(0, 3).map(i => paths[i] ?? '') ?? []
    const where =
      leaves === null
        ? ''
        : ` on ${leaves.length} of the leaves (${some.join(', ')}${leaves.length > some.length ? ', …' : ''})`
    return [
      `${names.length === 0 ? 'p + u' : names.join(', ')}: ${count(passes, 'pass')}, ${bytesOf(of)} bytes per parameter${where}`,
      ...(left.length === 0 ? [] : [`  without ${left.join(', ')}`]),
      ...relayLine(of, plan),
      ...roundedIn(of).map(([name, expr]) => `  ${name} = ${printExpr(expr)} in float32`),
      ...of.passes.flatMap((_, pass) => passLines(of, pass, plan, source)).map(line => `  ${line}`),
      ...plan.cells.filter(cell => shownBelow(cell, plan, classes) === number).flatMap(cellLines),
    ]
  })
}

/** The class below which the cells of a plan are shown: their own, or for the tree the first one with their rule. */
const shownBelow = (cell: CellPlan, plan: Plan, classes: ShownStage['classes']): number | undefined =>
  cell.class ?? classes.find(({ number }) => plan.classes[number]?.rules[cell.rule] === true)?.number

/** The equations of cells, which are computed with the last pass. */
const cellLines = ({ over, of }: CellPlan): readonly string[] => [
  `  one number for ${over === 'leaf' ? 'each leaf' : 'the tree'}, on the device:`,
  ...equations(
    [],
    of.sinks.flatMap(({ writes }) => writes.map(({ stream, value }) => [stream, value] as const)),
  ).map(line => `    ${line}`),
]

/** Why the plans or the parameters leave steps to tfjs ops; null if they do not. */
const refusalOf = (plans: readonly Plan[], params: unknown): string | null => {
  const other = tensorsOf(params).find(([, { dtype }]) => dtype !== 'float32')
  if (other !== undefined) return `${other[0] === '' ? 'params' : other[0]} is ${other[1].dtype}`
  return plans.some(made => verdictOf(made) === 'bad') ? 'its kernels failed the check at first use' : null
}

const cutLine = ({ link, masks }: NonNullable<Stage['cut']>): string => {
  const who = link.kind === 'opaque' ? (link.by ?? "a user's functions") : 'tfjs ops'
  return `${programName(link)}: ${who}, which cut the chain${masks.length === 0 ? '' : ', masked'}`
}

/** Options of `explain`. */
export interface ExplainOptions {
  /** the parameters, so that masks can be resolved: each set of leaves with the same links is shown */
  readonly params?: unknown
  /**
   * whether the generated code follows the equations of each pass; false by default. On a GPU: its shaders, except
   * those that combine parts of totals. On cpu and wasm: the SIMD operations on four elements. Nothing where tfjs ops
   * run
   */
  readonly source?: boolean
}

const options: Names<ExplainOptions> = { params: '', source: '' }

/**
 * Explains how a chain runs on the current backend: its passes over memory with their equations and the bytes moved per
 * parameter, and whether generated kernels or tfjs ops run them, with the reason.
 *
 * Bytes are those of a donated step, 4 for each stream that a pass reads or writes. A total of the whole tree, such as
 * `clipByGlobalNorm`'s, costs a pass of its own.
 *
 * @throws TypeError if `tx` is not a transformation, for an unknown option, or a `source` that is neither true nor false.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { adamw, chain, clipByGlobalNorm, explain } from 'tfjs-optax'
 * const lines = explain(chain(clipByGlobalNorm(1), adamw(1e-3))).split('\n')
 * // lines[1] is 'clipByGlobalNorm, scaleByAdam, addDecayedWeights, scaleByLearningRate: 2 passes, 32 bytes per parameter'
 */
export const explain = /* @__PURE__ */ checked(
  { who: 'explain', takes: ['tx'], options },
  (tx: FirstLink, options: ExplainOptions = {}): string => {
    const { params, source = false } = options
    if (typeof source !== 'boolean') throw badArgument('explain', 'source', 'true or false', source)
    const program = programOf('explain', 'tx', tx)
    const shown = resolutionsOf(program).map(({ when, program: resolved }) => {
      const flat = flatOf(resolved)
      return { when, stages: flat.stages.map(stage => shownStage(stage, goalsOf(flat, stage), params)) }
    })
    const stages = shown.flatMap(one => one.stages)
    const plans = stages.flatMap(({ plan }) => plan ?? [])
    const isCut = shown.some(one => one.stages.length > 1)
    const problem = stages.find(one => one.problem !== null)?.problem ?? null
    const refusal = problem ?? refusalOf(plans, params)
    const isChecked = plans.every(made => verdictOf(made) === 'good')
    const { device, isOver, line } = servedBy({ isCut, isChecked, refusal })
    const sourceOf: SourceOf = (made, of, { kernel, uniforms }) =>
      source && device !== null
        ? (device.sourceOf ?? wasmSource)({ plan: made, of, kernel, uniforms: uniforms.map(printExpr), isOver })
        : ''
    const lines = shown.flatMap(({ when, stages: some }) => [
      ...(when.length === 0 ? [] : [`${when.join(', ')}:`]),
      ...some.flatMap(one => [
        ...stageLines(one, params, sourceOf),
        ...(one.stage.cut === null ? [] : [cutLine(one.stage.cut)]),
      ]),
      ...(some.length > 1 ? ['p + u: in tfjs ops'] : []),
    ])
    return [line, ...gatherLine(program), ...lines].join('\n')
  },
)

const gatherLine = (program: Program): readonly string[] => {
  const name = gatherName(program)
  return name === null ? [] : [`${name}: puts replicas together, in tfjs ops`]
}
