import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { moments } from './adamMoments.js'

/** Options of `scaleByScheduledNadam`. */
export interface ScheduledNadamOptions {
  /** the limit of the momentum, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squares, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the root, above 0; default 1e-8, as in torch; Keras has 1e-7 */
  readonly eps?: Hyper
  /** how fast the momentum comes to its limit, at least 0; default 0.004, as in torch; Keras has 1 */
  readonly momentumDecay?: Hyper
}

export const scheduledNadamOptions: Names<ScheduledNadamOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
  momentumDecay: 'scheduledecay',
}

const momentum = (t: number, b1: number, decay: number): number => b1 * (1 - 0.5 * 0.96 ** (t * decay))

/** The product of the momenta of steps 1 to t. One that is nothing beside 1 is 0, so this is not long. */
const productOf = (): ((t: number, b1: number, decay: number) => number) => {
  let last = { t: 0, b1: NaN, decay: NaN, product: 1 }
  return (t, b1, decay) => {
    const goesOn = last.b1 === b1 && last.decay === decay && last.t <= t
    let { t: step, product } = goesOn ? last : { t: 0, product: 1 }
    while (step < t && product > 1e-20) product *= momentum(++step, b1, decay)
    last = { t: step, b1, decay, product }
    return product
  }
}

/**
 * NAdam as in torch and Keras: the momentum rises from half of `b1` to `b1`.
 *
 * `mu, nu` as in `scaleByAdam`; `m(t) = b1 (1 - 0.96^(t momentumDecay) / 2)`, `M` the product of `m(1)` to `m(t)`;
 * `u = (m(t+1) mu/(1 - M m(t+1)) + (1-m(t)) u/(1-M)) / (sqrt(nu/(1-b2^t)) + eps)`
 *
 * State: `count`; `mu` and `nu`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Dozat 2016, algorithm 8; torch.optim.NAdam, and Keras's Nadam with `momentumDecay` 1. optax's form
 * (`scaleByNadam`) has no schedule of the momentum.
 * @example
 * import { chain, scaleByLearningRate, scaleByScheduledNadam } from 'tfjs-optax'
 * const likeKeras = chain(scaleByScheduledNadam({ eps: 1e-7, momentumDecay: 1 }), scaleByLearningRate(1e-3))
 */
export const scaleByScheduledNadam = /* @__PURE__ */ checked(
  { who: 'scaleByScheduledNadam', takes: [], options: scheduledNadamOptions },
  ({ b1 = 0.9, b2 = 0.999, eps = 1e-8, momentumDecay = 0.004 }: ScheduledNadamOptions = {}) => {
    const product = productOf()
    return ourElementwise({
      name: 'scaleByScheduledNadam',
      hyper: {
        b1: decayRate(b1),
        b2: decayRate(b2),
        eps: positive(eps),
        momentumDecay: nonNegative(momentumDecay),
      },
      slots: { mu: 0, nu: 0 },
      scalars: (t, { momentumDecay, ...k }) => {
        const [now, next] = [momentum(t, k.b1, momentumDecay), momentum(t + 1, k.b1, momentumDecay)]
        const sofar = product(t, k.b1, momentumDecay)
        return { ...k, ahead: next / (1 - sofar * next), now: (1 - now) / (1 - sofar), c2: 1 / (1 - k.b2 ** t) }
      },
      step: (x, k) => {
        const { mu, nu } = moments(x, k)
        const direction = add(mul(mu, k.ahead), mul(x.u, k.now))
        return { u: div(direction, add(sqrt(mul(nu, k.c2)), k.eps)), mu, nu }
      },
    })
  },
)
