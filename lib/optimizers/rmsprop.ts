import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { rmsOptions, scaleByRms, scaleByStddev, type RmsOptions } from '../transforms/rms.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { trace } from '../transforms/trace.js'

/** Options of `rmsprop`. */
export interface RmspropOptions extends RmsOptions {
  /** whether to divide by the standard deviation (`scaleByStddev`), default false */
  readonly centered?: boolean
  /** weight of the past steps, in [0, 1); without it there is no such link and no slot */
  readonly momentum?: Hyper
  /** Nesterov's momentum, default false */
  readonly nesterov?: boolean
}

const options: Names<RmspropOptions> = { ...rmsOptions, centered: '', momentum: '', nesterov: '' }

/**
 * RMSprop: `scaleByRms` or `scaleByStddev`, `scaleByLearningRate`, then `trace(momentum)` if there is momentum. The rate
 * is inside the momentum: it sums steps, not directions.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Hinton 2012, lecture 6e; optax `rmsprop`, and RMSprop of Keras 3. torch's is `torchRmsprop`, that of Keras's
 * legacy class `kerasRmsprop`.
 * @example
 * import { rmsprop } from 'tfjs-optax'
 * const tx = rmsprop(1e-3, { momentum: 0.9, centered: true })
 */
export const rmsprop = /* @__PURE__ */ checked(
  { who: 'rmsprop', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    { centered = false, momentum, nesterov = false, ...rest }: RmspropOptions = {},
  ): GradientTransformation => {
    const scaler = centered ? scaleByStddev(rest) : scaleByRms(rest)
    const rate = scaleByLearningRate(learningRate)
    return momentum === undefined ? chain(scaler, rate) : chain(scaler, rate, trace(momentum, { nesterov }))
  },
)
