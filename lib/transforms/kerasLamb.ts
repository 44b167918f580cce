import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { namedChain } from '../chain.js'
import { ourElementwise } from '../elementwise.js'
import { square } from '../rule/compose.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'
import type { Mask } from '../tree/mask.js'
import { constantSchedule } from '../schedules/constant.js'
import { addDecayedWeights } from './decay.js'
import { scaleByTrustedRate } from './trustRatio.js'

/** Options of `kerasLamb`. */
export interface KerasLambOptions {
  /** weight of the past in the mean of gradients, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squares, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the corrected root, above 0, default 1e-6 */
  readonly eps?: Hyper
  /** the factor of the parameter that is added to the update, default 0 */
  readonly weightDecay?: Hyper
  /** the leaves that decay; default all */
  readonly decayMask?: Mask
  /** the leaves with a trust ratio; default those that decay */
  readonly adaptMask?: Mask
}

const options: Names<KerasLambOptions> = {
  b1: 'beta1 betas',
  b2: 'beta2 betas',
  eps: 'epsilon',
  weightDecay: 'wd',
  decayMask: 'mask excludefromweightdecay',
  adaptMask: 'excludefromlayeradaptation',
}

const { fround } = Math

/** The link `moments` of `kerasLamb`. */
export const lambMoments = (b1: Hyper, b2: Hyper, eps: Hyper) =>
  ourElementwise({
    name: 'lambMoments',
    hyper: { b1: decayRate(b1), b2: decayRate(b2), eps: positive(eps) },
    slots: { m: 0, v: 0 },
    scalars: (t, { b1, b2, eps }) => {
      const [beta1, beta2] = [fround(b1), fround(b2)]
      const [new1, new2] = [fround(1 - beta1), fround(1 - beta2)]
      const [left1, left2] = [fround(1 - fround(beta1 ** t)), fround(1 - fround(beta2 ** t))]
      return { beta1, beta2, new1, new2, left1, left2, eps }
    },
    step: ({ u, m, v }, { beta1, beta2, new1, new2, left1, left2, eps }) => {
      const mean = add(mul(m, beta1), mul(u, new1))
      const squares = add(mul(v, beta2), mul(square(u), new2))
      return { u: div(div(mean, left1), add(sqrt(div(squares, left2)), eps)), m: mean, v: squares }
    },
  })

/**
 * LAMB as in the Model Garden, on Keras's legacy optimizer: Adam's direction, decay, and a rate per leaf. It includes
 * the rate, so it ends a chain.
 *
 * `m = b1 m + (1 - b1) u;  v = b2 v + (1 - b2) u^2;  d = (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) + weightDecay
 * p; u = -(r learningRate) d`, with `r = |p| / |d|` of the leaf, or 1 if a norm is zero; scalars in float32.
 *
 * State: `moments` with `count`, `m` and `v`, float32 of the parameter's shape, 4 bytes per parameter each; `decay` and
 * `trust` with counts.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source You et al. 2020, algorithm 2; the Model Garden's `LAMB`, bit for bit in float32 for leaves without a ratio,
 * and up to the rounding of the norms (here summed in float64) for the others.
 * @example
 * import { kerasLamb } from 'tfjs-optax'
 * const tx = kerasLamb(1e-3, { weightDecay: 0.01, decayMask: path => !path.includes('bias') })
 */
export const kerasLamb = /* @__PURE__ */ checked(
  { who: 'kerasLamb', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    {
      b1 = 0.9,
      b2 = 0.999,
      eps = 1e-6,
      weightDecay = 0,
      decayMask = true,
      adaptMask = decayMask,
    }: KerasLambOptions = {},
  ) => {
    // The Model Garden holds the decay in a variable and multiplies by a 0 too, so infinite parameters become NaN.
    const decay = weightDecay === 0 ? constantSchedule(0) : weightDecay
    return namedChain(
      ['moments', lambMoments(b1, b2, eps)],
      ['decay', addDecayedWeights(decay, { mask: decayMask })],
      ['trust', scaleByTrustedRate(learningRate, { eeta: 1, flipSign: true, mask: adaptMask })],
    )
  },
)
