/** The parts that Adam, Nadam and AMSGrad share: options, the two moments, and the root that they divide by. */
import type { Names } from '../call/signature.js'
import { ema, square } from '../rule/compose.js'
import type { Symbols } from '../rule/definition.js'
import { add, sqrt, type Expr } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'

/** Options of the Adam family. */
export interface AdamOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squared updates, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** added under the root, at least 0, default 0; set it above 0 to differentiate through the update */
  readonly epsRoot?: Hyper
}

/** The names of these options. */
export const adamOptions: Names<AdamOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
  epsRoot: 'epsilonroot',
}

export const adamHyper = ({ b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0 }: AdamOptions) => ({
  b1: decayRate(b1),
  b2: decayRate(b2),
  eps: positive(eps),
  epsRoot: nonNegative(epsRoot),
})

/** The factors at step `t` that correct the moments for their start at zero. */
export const corrections = (t: number, { b1, b2 }: Readonly<Record<'b1' | 'b2', number>>) => ({
  c1: 1 / (1 - b1 ** t),
  c2: 1 / (1 - b2 ** t),
})

/** The uncorrected means of the updates and of their squares. */
export const moments = ({ u, mu, nu }: Symbols<'u' | 'mu' | 'nu'>, { b1, b2 }: Symbols<'b1' | 'b2'>) => ({
  mu: ema(b1, mu, u),
  nu: ema(b2, nu, square(u)),
})

/** `sqrt(nuHat + epsRoot) + eps` */
export const root = (nuHat: Expr, { eps, epsRoot }: Symbols<'eps' | 'epsRoot'>): Expr =>
  add(sqrt(add(nuHat, epsRoot)), eps)
