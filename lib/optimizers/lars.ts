import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scaleByTrustRatio } from '../transforms/scaleByTrustRatio.js'
import { trace } from '../transforms/trace.js'
import type { Mask } from '../tree/mask.js'
import { masked } from '../wrappers/masked.js'

/** Options of `lars`. */
export interface LarsOptions {
  /** decay, multiplied by the parameter before the ratio is taken, default 0 */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly weightDecayMask?: Mask
  /** multiplies the ratio, but not the 1 that replaces it if a norm is 0; at least 0, default 0.001 */
  readonly trustCoefficient?: Hyper
  /** added to the norm of the update, at least 0, default 0 */
  readonly eps?: Hyper
  /** the leaves with a ratio, default all; the others have the plain rate */
  readonly trustRatioMask?: Mask
  /** weight of the past updates, in [0, 1), default 0.9 */
  readonly momentum?: Hyper
  /** Nesterov's momentum, default false */
  readonly nesterov?: boolean
}

const options: Names<LarsOptions> = {
  weightDecay: 'wd',
  weightDecayMask: 'mask decaymask',
  trustCoefficient: 'eeta',
  eps: 'epsilon',
  trustRatioMask: 'adaptmask',
  momentum: '',
  nesterov: '',
}

/**
 * LARS: `addDecayedWeights`, `scaleByTrustRatio`, `scaleByLearningRate`, and then `trace(momentum)`, so that the sum of
 * updates has the rates of their steps in it.
 *
 * State: that of `trace`, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source You et al. 2017, algorithm 1; optax `lars`. The Model Garden's LARS is `kerasLars`.
 * @example
 * import { lars } from 'tfjs-optax'
 * const isKernel = (path: string) => path.endsWith('kernel')
 * const tx = lars(0.1, { weightDecay: 1e-4, weightDecayMask: isKernel, trustRatioMask: isKernel })
 */
export const lars = /* @__PURE__ */ checked(
  { who: 'lars', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    {
      weightDecay = 0,
      weightDecayMask = true,
      trustCoefficient = 0.001,
      eps = 0,
      trustRatioMask = true,
      momentum = 0.9,
      nesterov = false,
    }: LarsOptions = {},
  ) =>
    chain(
      addDecayedWeights(weightDecay, { mask: weightDecayMask }),
      masked(scaleByTrustRatio({ trustCoefficient, eps }), trustRatioMask),
      scaleByLearningRate(learningRate),
      trace(momentum, { nesterov }),
    ),
)
