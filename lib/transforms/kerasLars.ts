import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { namedChain } from '../chain.js'
import { ourElementwise } from '../elementwise.js'
import { neg } from '../rule/compose.js'
import { add, mul } from '../rule/expr.js'
import type { Hyper } from '../rule/hyper.js'
import type { Mask } from '../tree/mask.js'
import { addDecayedWeights } from './decay.js'
import { upToOne } from './kerasMomentum.js'
import { scaleByTrustedRate } from './trustRatio.js'

/** Options of `kerasLars`. */
export interface KerasLarsOptions {
  /** weight of the past, in [0, 1], default 0.9 */
  readonly momentum?: Hyper
  /** the factor of the parameter that is added to the gradient, default 0 */
  readonly weightDecay?: Hyper
  /** a factor of the trust ratio, at least 0, default 0.001 */
  readonly eeta?: Hyper
  /** whether to look one step ahead, default false */
  readonly nesterov?: boolean
  /** true: the slot sums steps, which include the rate; false: it sums gradients; default true */
  readonly classicMomentum?: boolean
  /** the leaves that decay; default all */
  readonly decayMask?: Mask
  /** the leaves with a trust ratio; default those that decay */
  readonly adaptMask?: Mask
}

const options: Names<KerasLarsOptions> = {
  momentum: '',
  weightDecay: 'wd',
  eeta: 'trustcoefficient',
  nesterov: '',
  classicMomentum: '',
  decayMask: 'mask excludefromweightdecay',
  adaptMask: 'excludefromlayeradaptation',
}

/** The link `momentum` of `kerasLars`, the only one with a slot. */
export const larsMomentum = (momentum: Hyper, nesterov: boolean, descend: boolean) =>
  ourElementwise({
    name: 'larsMomentum',
    hyper: { momentum: upToOne(momentum) },
    options: { nesterov, descend },
    slots: { momentum: 0 },
    scalars: (_t, { momentum }) => ({ share: momentum }),
    step: ({ u, momentum }, { share }) => {
      const sum = add(mul(share, momentum), u)
      const way = nesterov ? add(mul(share, sum), u) : sum
      return { u: descend ? neg(way) : way, momentum: sum }
    },
  })

/**
 * LARS as in the Model Garden, on Keras's legacy optimizer: momentum with a rate per leaf. It includes the rate, so it
 * ends a chain.
 *
 * `g = u + weightDecay p`. Classic: `a = learningRate r g;  s = momentum s + a;  u = -s`, with Nesterov `u = -(momentum
 * s + a)`; `r = eeta |p| / |g|` of the leaf. Popular: `s = momentum s + g`, `d = s`, with Nesterov `d = momentum s +
 * g`;  `u = -(r learningRate) d` with `r = eeta |p| / |d|`. If a norm is zero, `r` is 1. `s` is the slot `momentum`.
 *
 * State: `momentum` with `count` and `momentum`, float32 of the parameter's shape, 4 bytes per parameter; `decay` and
 * `trust` with counts. Classic and popular states have the same form but different meanings.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source You, Gitman and Ginsburg 2017; the Model Garden's `LARS`, bit for bit in float32 for leaves without a ratio,
 * and up to the rounding of the norms (here summed in float64) for the others.
 * @example
 * import { kerasLars } from 'tfjs-optax'
 * const tx = kerasLars(0.1, { weightDecay: 1e-4, decayMask: path => !path.includes('bias') })
 */
export const kerasLars = /* @__PURE__ */ checked(
  { who: 'kerasLars', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    {
      momentum = 0.9,
      weightDecay = 0,
      eeta = 0.001,
      nesterov = false,
      classicMomentum = true,
      decayMask = true,
      adaptMask = decayMask,
    }: KerasLarsOptions = {},
  ) => {
    const decay = ['decay', addDecayedWeights(weightDecay, { mask: decayMask })] as const
    const sum = ['momentum', larsMomentum(momentum, nesterov, classicMomentum)] as const
    const trusted = scaleByTrustedRate(learningRate, { eeta, flipSign: !classicMomentum, mask: adaptMask })
    const trust = ['trust', trusted] as const
    return classicMomentum ? namedChain(decay, trust, sum) : namedChain(decay, sum, trust)
  },
)
