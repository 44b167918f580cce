import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { scaleByRms, scaleByStddev } from '../transforms/rms.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import {
  scaleByScheduledNadam,
  scheduledNadamOptions,
  type ScheduledNadamOptions,
} from '../transforms/scheduledNadam.js'
import { torchMomentum, torchMomentumOptions, type TorchMomentumOptions } from '../transforms/torchMomentum.js'
import { trace } from '../transforms/trace.js'

/** The decay of torch's optimizers that are not called AdamW. */
export interface CoupledDecay {
  /** multiplied by the parameter and added to the gradient, default 0 */
  readonly weightDecay?: Hyper
}

const coupled: Names<CoupledDecay> = { weightDecay: 'wd' }

/** Options of `torchSgd`. */
export interface TorchSgdOptions extends TorchMomentumOptions, CoupledDecay {
  /** weight of the past in the sum of gradients, at least 0; without it there is no such link and no slot */
  readonly momentum?: Hyper
}

const sgdOptions: Names<TorchSgdOptions> = { ...torchMomentumOptions, ...coupled, momentum: '' }

/**
 * SGD as in torch: `addDecayedWeights` (coupled), `torchMomentum` if there is momentum, `scaleByLearningRate`.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source torch.optim.SGD.
 * @example
 * import { torchSgd } from 'tfjs-optax'
 * const tx = torchSgd(0.1, { momentum: 0.9, dampening: 0.1, weightDecay: 1e-4 })
 */
export const torchSgd = /* @__PURE__ */ checked(
  { who: 'torchSgd', takes: ['learningRate'], options: sgdOptions },
  (learningRate: Hyper, { momentum, weightDecay = 0, ...rest }: TorchSgdOptions = {}): GradientTransformation => {
    const [decay, rate] = [addDecayedWeights(weightDecay), scaleByLearningRate(learningRate)]
    return momentum === undefined ? chain(decay, rate) : chain(decay, torchMomentum(momentum, rest), rate)
  },
)

/** Options of `torchRmsprop`. */
export interface TorchRmspropOptions extends CoupledDecay {
  /** weight of the past in the means, in [0, 1), default 0.99 */
  readonly alpha?: Hyper
  /** added to the root, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** weight of the past in the sum of directions, in [0, 1); without it there is no such link and no slot */
  readonly momentum?: Hyper
  /** whether to divide by the standard deviation, default false */
  readonly centered?: boolean
}

const rmspropOptions: Names<TorchRmspropOptions> = {
  alpha: 'decay rho',
  eps: 'epsilon',
  momentum: '',
  centered: '',
  ...coupled,
}

/**
 * RMSprop as in torch: `addDecayedWeights` (coupled), `scaleByRms` or `scaleByStddev` with `eps` added to the root,
 * `trace` if there is momentum, `scaleByLearningRate`.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source torch.optim.RMSprop. optax and Keras 3 (`rmsprop`) have `eps` under the root and the rate inside the momentum.
 * @example
 * import { torchRmsprop } from 'tfjs-optax'
 * const tx = torchRmsprop(0.01, { momentum: 0.9 })
 */
export const torchRmsprop = /* @__PURE__ */ checked(
  { who: 'torchRmsprop', takes: ['learningRate'], options: rmspropOptions },
  (
    learningRate: Hyper,
    { alpha = 0.99, eps = 1e-8, momentum, centered = false, weightDecay = 0 }: TorchRmspropOptions = {},
  ): GradientTransformation => {
    const scaler = (centered ? scaleByStddev : scaleByRms)({ decay: alpha, eps, epsInSqrt: false })
    const [decay, rate] = [addDecayedWeights(weightDecay), scaleByLearningRate(learningRate)]
    return momentum === undefined ? chain(decay, scaler, rate) : chain(decay, scaler, trace(momentum), rate)
  },
)

/** Those of `scaleByScheduledNadam`, and the decay. */
export interface TorchNadamOptions extends ScheduledNadamOptions, CoupledDecay {}

const nadamOptions: Names<TorchNadamOptions> = { ...scheduledNadamOptions, ...coupled }

/**
 * NAdam as in torch: `addDecayedWeights` (coupled), `scaleByScheduledNadam`, `scaleByLearningRate`.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Dozat 2016; torch.optim.NAdam.
 * @example
 * import { torchNadam } from 'tfjs-optax'
 * const tx = torchNadam(2e-3)
 */
export const torchNadam = /* @__PURE__ */ checked(
  { who: 'torchNadam', takes: ['learningRate'], options: nadamOptions },
  (learningRate: Hyper, { weightDecay = 0, ...rest }: TorchNadamOptions = {}) =>
    chain(addDecayedWeights(weightDecay), scaleByScheduledNadam(rest), scaleByLearningRate(learningRate)),
)
