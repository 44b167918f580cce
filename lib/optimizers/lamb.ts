import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { scaleByAdam } from '../transforms/adam.js'
import { adamOptions, type AdamOptions } from '../transforms/adamMoments.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scaleByTrustRatio } from '../transforms/scaleByTrustRatio.js'
import type { Mask } from '../tree/mask.js'

/** Options of `lamb`; the default of `eps` is 1e-6. */
export interface LambOptions extends AdamOptions {
  /** decay, multiplied by the parameter before the ratio is taken, default 0 */
  readonly weightDecay?: Hyper
  /** the leaves that decay, default all */
  readonly mask?: Mask
}

const options: Names<LambOptions> = { ...adamOptions, weightDecay: 'wd', mask: '' }

/**
 * LAMB: `scaleByAdam`, `addDecayedWeights`, `scaleByTrustRatio`, `scaleByLearningRate`.
 *
 * State: that of `scaleByAdam`, 8 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source You et al. 2020, algorithm 2; optax `lamb`. The Model Garden's LAMB is `kerasLamb`.
 * @example
 * import { lamb } from 'tfjs-optax'
 * const tx = lamb(1e-3, { weightDecay: 0.01, mask: path => path.endsWith('kernel') })
 */
export const lamb = /* @__PURE__ */ checked(
  { who: 'lamb', takes: ['learningRate'], options },
  (learningRate: Hyper, { weightDecay = 0, mask = true, eps = 1e-6, ...adam }: LambOptions = {}) =>
    chain(
      scaleByAdam({ eps, ...adam }),
      addDecayedWeights(weightDecay, { mask }),
      scaleByTrustRatio(),
      scaleByLearningRate(learningRate),
    ),
)
