/** Runs transformations on a problem, and finds the learning rate that suits each best. */
import * as tf from '@tensorflow/tfjs-core'
import { either as E, function as F } from 'fp-ts'
import { disposeTree, makeStep, scheduleFreeEvalParams, tidy, type GradientTransformation } from 'tfjs-optax'
import { transformationOf } from './evaluate.js'
import type { Problem, Values } from './problems.js'

type Tensors = Readonly<Record<string, tf.Tensor>>

/** The tensors of these values. */
export const tensorsFor = ({ shapes }: Problem, values: Values): Tensors =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tensor([...(values[name] ?? [])], [...shape], 'float32')]),
  )

/** The values of tensors. */
export const valuesOf = (tensors: Tensors): Values =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, Array.from(tensor.dataSync())]))

/** One run: the parameters before each step and after the last. */
export interface Run {
  readonly rate: number | null
  readonly places: readonly Values[]
  readonly losses: readonly number[]
}

/** Beyond this a run has left the picture for good. */
const lost = 1e9

/** What stands for the learning rate in a text. */
export const ratePlace = '$rate'

/** The model that a run would be judged by: for schedule-free rules their average, else the parameters. */
const judged = (text: string, state: unknown, params: Tensors): Values =>
  text.includes('scheduleFree') ? tidy(() => valuesOf(scheduleFreeEvalParams(state, params))) : valuesOf(params)

/** The run of the transformation that a text makes with this rate. */
export const runOf = (text: string, problem: Problem, rate: number | null): E.Either<string, Run> => {
  const code = rate === null ? text : text.replaceAll(ratePlace, String(rate))
  return F.pipe(
    transformationOf(code),
    E.map(tx => runThrough(code, tx, problem, rate)),
  )
}

const runThrough = (text: string, tx: GradientTransformation, problem: Problem, rate: number | null): Run => {
  const step = makeStep(tx, { donate: true })
  const takesReplicas = text.includes('aggregate(')
  const asksForHessian = text.includes('ophia')
  let params = tensorsFor(problem, problem.start)
  let state: unknown = tx.init(params)
  const places = [problem.start]
  for (let i = 0; i < problem.steps; i++) {
    const { value, gradients, hessian } = problem.slope(valuesOf(params), i)
    const given = tensorsFor(problem, gradients)
    const extra = { value, ...(asksForHessian && { hessian: tensorsFor(problem, hessian) }) }
    const passed = takesReplicas ? [given, given] : given
    ;[params, state] = step(params, passed as never, state as never, extra)
    disposeTree([given, extra])
    const at = judged(text, state, params)
    places.push(at)
    if (!(problem.excess(at) < lost)) break
  }
  disposeTree([params, state])
  return { rate, places, losses: places.map(problem.excess) }
}

/** How good a run is: the logarithm of its loss over the last fifth; Infinity for one that got lost. */
export const scoreOf = ({ losses }: Run, steps: number): number => {
  if (losses.length <= steps) return Infinity
  const last = losses.slice(Math.floor(0.8 * steps))
  return last.reduce((sum, loss) => sum + Math.log10(Math.max(loss, 1e-9)), 0) / last.length
}

const rates = [0.003, 0.01, 0.03, 0.1, 0.3, 1]

/** The run of a text, with the best of some rates if the text has a place for one; of equally good ones the first. */
export const bestRun = (text: string, problem: Problem): E.Either<string, Run> =>
  F.pipe(
    (text.includes(ratePlace) ? rates : [null]).map(rate => runOf(text, problem, rate)),
    E.sequenceArray,
    E.map(runs =>
      runs.reduce((best, run) => (scoreOf(run, problem.steps) < scoreOf(best, problem.steps) ? run : best)),
    ),
  )
