/** The parts that Prodigy and D-adapted AdamW share: options, ranges, and the decay by an estimated rate. */
import type { Names } from '../call/signature.js'
import { add, div, lt, select, sqrt, type Expr } from '../rule/expr.js'
import { decayRate, finite, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { max } from '../rule/compose.js'

/** Options of optimizers that estimate their own rate. */
export interface EstimatedOptions {
  /** a factor of the estimated rate, default 1: give a schedule that starts or ends at 1 */
  readonly learningRate?: Hyper
  /** weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squared updates, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** the first estimate, above 0, default 1e-6 */
  readonly estimLr0?: Hyper
  /** decay, multiplied by the parameter and the rate, at least 0, default 0 */
  readonly weightDecay?: Hyper
}

export const estimatedOptions: Names<EstimatedOptions> = {
  learningRate: 'lr',
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
  estimLr0: 'd0',
  weightDecay: 'wd decay',
}

export const estimatedHyper = ({
  learningRate = 1,
  b1 = 0.9,
  b2 = 0.999,
  eps = 1e-8,
  estimLr0 = 1e-6,
  weightDecay = 0,
}: EstimatedOptions) => ({
  learningRate: finite(learningRate),
  b1: decayRate(b1),
  b2: decayRate(b2),
  eps: positive(eps),
  estimLr0: positive(estimLr0),
  weightDecay: nonNegative(weightDecay),
})

/** The rate of step `t` without the estimate: with the corrections of both moments. */
export const correctedRate = (t: number, k: Readonly<Record<'learningRate' | 'b1' | 'b2', number>>): number =>
  (k.learningRate * Math.sqrt(1 - k.b2 ** t)) / (1 - k.b1 ** t)

/**
 * The next estimate, `numerator / denominator` if that is greater. With a denominator of 0, when all gradients so far
 * are 0, there is none yet; a quotient that is NaN changes nothing.
 */
export const greaterEstimate = (estimate: Expr, numerator: Expr, denominator: Expr): Expr =>
  select(lt(0, denominator), max(estimate, div(numerator, denominator)), estimate)

/** `sqrt(x) + eps` */
export const rootPlus = (x: Expr, eps: Expr): Expr => add(sqrt(x), eps)
