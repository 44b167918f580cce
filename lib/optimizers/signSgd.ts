import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import { ema } from '../transforms/ema.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { scaleBySign } from '../transforms/sign.js'

/**
 * Sign descent: `scaleBySign`, then `scaleByLearningRate`.
 *
 * @throws ValueError if the rate is not finite.
 * @source Bernstein et al. 2018, algorithm 1; optax `sign_sgd`.
 * @example
 * import { signSgd } from 'tfjs-optax'
 * const tx = signSgd(1e-3)
 */
export const signSgd = /* @__PURE__ */ checked({ who: 'signSgd', takes: ['learningRate'] }, (learningRate: Hyper) =>
  chain(scaleBySign(), scaleByLearningRate(learningRate)),
)

/** Options of `signum`. */
export interface SignumOptions {
  /** weight of the past in the mean of updates, in [0, 1), default 0.9 */
  readonly beta?: Hyper
}

const options: Names<SignumOptions> = { beta: 'momentum decay b1' }

/**
 * The sign of the mean of updates: `ema` without correction, `scaleBySign`, `scaleByLearningRate`.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Bernstein et al. 2018, algorithm 2; optax `signum`.
 * @example
 * import { signum } from 'tfjs-optax'
 * const tx = signum(1e-3)
 */
export const signum = /* @__PURE__ */ checked(
  { who: 'signum', takes: ['learningRate'], options },
  (learningRate: Hyper, { beta = 0.9 }: SignumOptions = {}) =>
    chain(ema(beta, { debias: false }), scaleBySign(), scaleByLearningRate(learningRate)),
)
