import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation, Link } from '../transform.js'
import { clipByBlockRms } from '../transforms/blockRms.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { ema } from '../transforms/ema.js'
import { scaleByFactoredRms } from '../transforms/factoredRms.js'
import { scaleByParamBlockRms } from '../transforms/paramNorms.js'
import { scale, scaleByLearningRate } from '../transforms/scale.js'
import type { Mask } from '../tree/mask.js'

/** Options of `adafactor`. */
export interface AdafactorOptions {
  /** the least size of the two longest axes of a leaf that is factored, a whole number from 1 on, default 128 */
  readonly minDimSizeToFactor?: number
  /** the exponent of the weight of the past squares, above 0, default 0.8 */
  readonly decayRate?: Hyper
  /** the count at which that weight begins again at 0, a whole number from 0 on, default 0 */
  readonly decayOffset?: number
  /** whether the rate is relative to the root mean square of each parameter, default true */
  readonly multiplyByParameterScale?: boolean
  /** the greatest root mean square of the updates of a leaf, above 0, default 1; null for none */
  readonly clippingThreshold?: Hyper | null
  /** weight of the past updates, in [0, 1); default null: no momentum, and no slot for it */
  readonly momentum?: Hyper | null
  /** decay, multiplied by the parameter but not by the rate; default null: none */
  readonly weightDecayRate?: Hyper | null
  /** added to the squares, above 0, default 1e-30 */
  readonly eps?: Hyper
  /** whether large matrices keep sums of rows and columns only, default true */
  readonly factored?: boolean
  /** the leaves that decay, default all */
  readonly weightDecayMask?: Mask
}

const options: Names<AdafactorOptions> = {
  minDimSizeToFactor: '',
  decayRate: '',
  decayOffset: 'stepoffset',
  multiplyByParameterScale: 'scaleparameter',
  clippingThreshold: 'clipthreshold',
  momentum: 'b1 beta1',
  weightDecayRate: 'weightdecay wd',
  eps: 'epsilon eps1',
  factored: '',
  weightDecayMask: 'mask',
}

/** The link that `make` gives for a value; none for null. */
const given = <T>(value: T | null, make: (value: T) => Link): readonly Link[] => (value === null ? [] : [make(value)])

/**
 * Adafactor: `scaleByFactoredRms`, `clipByBlockRms`, the rate, `scaleByParamBlockRms`, `ema`, `addDecayedWeights`,
 * `scale(-1)`, each only if its option asks for it.
 *
 * Without a learning rate it descends at the rate 1, relative to the parameters. It cuts the chain: the first link runs
 * as tfjs ops, all others in one kernel.
 *
 * State: that of `scaleByFactoredRms`, for a matrix of m by n 4 (m + n) bytes; with momentum 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Shazeer and Stern 2018, algorithm 4 and section 8; optax `adafactor`. The rate of the paper, which falls with
 * the step, is a schedule of yours here, as in optax. torch's and Keras's differ in their defaults.
 * @example
 * import { adafactor } from 'tfjs-optax'
 * const tx = adafactor(1e-2, { minDimSizeToFactor: 32, momentum: 0.9, weightDecayRate: 1e-4 })
 */
export const adafactor = /* @__PURE__ */ checked(
  { who: 'adafactor', takes: ['learningRate'], options },
  (
    learningRate?: Hyper,
    {
      minDimSizeToFactor = 128,
      decayRate = 0.8,
      decayOffset = 0,
      multiplyByParameterScale = true,
      clippingThreshold = 1,
      momentum = null,
      weightDecayRate = null,
      eps = 1e-30,
      factored = true,
      weightDecayMask = true,
    }: AdafactorOptions = {},
  ): GradientTransformation =>
    chain(
      scaleByFactoredRms({ factored, decayRate, stepOffset: decayOffset, minDimSizeToFactor, epsilon: eps }),
      ...given(clippingThreshold, clipByBlockRms),
      ...given(learningRate ?? null, rate => scaleByLearningRate(rate, { flipSign: false })),
      ...(multiplyByParameterScale ? [scaleByParamBlockRms()] : []),
      ...given(momentum, decay => ema(decay, { debias: false })),
      ...given(weightDecayRate, decay => addDecayedWeights(decay, { mask: weightDecayMask })),
      scale(-1),
    ),
)
