/** The parts that MoMo and MoMo-Adam share: the options, and the step size by a model of the loss. */
import type { Names } from '../call/signature.js'
import { max, min } from '../rule/compose.js'
import type { Symbols } from '../rule/definition.js'
import { add, div, lt, mul, select, sub, type Expr } from '../rule/expr.js'
import { finite, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { noNorm } from '../transforms/polyak.js'

export interface MomentumModelOptions {
  /** the greatest step size, above 0; the default is 1 for `momo` and 0.01 for `momoAdam` */
  readonly learningRate?: Hyper
  /** a lower bound of the loss, finite, default 0 */
  readonly lowerBound?: Hyper
  /** decay, multiplied by the parameter and the learning rate, at least 0, default 0 */
  readonly weightDecay?: Hyper
  /** whether to estimate a better bound from step to step, default false */
  readonly adaptLowerBound?: boolean
}

export const modelOptions: Names<MomentumModelOptions> = {
  learningRate: 'lr',
  lowerBound: 'lb fmin fstar',
  weightDecay: 'wd',
  adaptLowerBound: 'usefstar',
}

export const modelHyper = (learningRate: Hyper, { lowerBound = 0, weightDecay = 0 }: MomentumModelOptions) => ({
  learningRate: positive(learningRate),
  lowerBound: finite(lowerBound),
  weightDecay: nonNegative(weightDecay),
})

type ModelNumbers = Readonly<Record<'learningRate' | 'lowerBound' | 'weightDecay', number>>

/** `k = 1 + learningRate weightDecay`, the share of the parameter that decays, and the count before the step. */
export const modelScalars = (t: number, { learningRate, lowerBound, weightDecay }: ModelNumbers) => {
  const k = 1 + learningRate * weightDecay
  return { learningRate, lowerBound, k, decay: (learningRate * weightDecay) / k, before: t - 1 }
}

/** The averages of a model, and the numbers that the lower bound takes part in. */
interface Model {
  /** the mean of the losses, of `u p`, and the mean gradient's products with the parameter and with the direction */
  readonly barf: Expr
  readonly gamma: Expr
  readonly along: Expr
  readonly norm: Expr
  /** the bound of the step before, and by how much means fall short of what they are of, at most 1 */
  readonly lb: Expr
  readonly correction: Expr | number
}

/** The step size by the model, and the next lower bound. */
export const modelStep = (
  { barf, gamma, along, norm, lb, correction }: Model,
  { learningRate, lowerBound, k, before }: Symbols<'learningRate' | 'lowerBound' | 'k' | 'before'>,
  isAdapted: boolean,
) => {
  const known = isAdapted ? select(lt(0, before), lb, lowerBound) : lowerBound
  const cap = add(mul(k, sub(barf, gamma)), along)
  const lower = max(div(cap, mul(mul(2, correction), k)), lowerBound)
  const used = isAdapted ? select(lt(cap, mul(mul(k, correction), known)), lower, known) : known
  const gap = add(mul(k, sub(sub(barf, mul(correction, used)), gamma)), along)
  const size = select(lt(noNorm, norm), div(max(gap, 0), norm), 0)
  const tau = min(size, div(learningRate, correction))
  const reached = div(sub(sub(add(barf, along), gamma), mul(mul(0.5, tau), norm)), correction)
  return { tau, lb: isAdapted ? max(reached, lowerBound) : lowerBound }
}

export const modelCells = {
  barf: { over: 'tree', first: 0 },
  gamma: { over: 'tree', first: 0 },
  lb: { over: 'tree', first: 0 },
} as const
