import { checked } from '../../call/checked.js'
import type { Names } from '../../call/signature.js'
import { admitRecord } from '../../config/admit.js'
import { nameOf, short } from '../../errors.js'
import { badSettings } from '../errors.js'
import { AdamWeightDecay } from '../adamWeightDecay.js'
import { LAMB } from '../lamb.js'
import { kerasPolynomialDecay } from '../schedules/polynomial.js'
import { kerasWarmUp } from '../schedules/warmup.js'

/** Options of `createOptimizer`. */
export interface CreateOptimizerOptions {
  /** the rate at the end of the decay, default 0 */
  readonly endLr?: number
  /** default `adamw` */
  readonly optimizerType?: 'adamw' | 'lamb'
  /** default 0.9 */
  readonly beta1?: number
  /** the power of the decay, default 1: a line */
  readonly polyPower?: number
}

const options: Names<CreateOptimizerOptions> = { endLr: '', optimizerType: '', beta1: 'b1 betas', polyPower: 'power' }

/**
 * The optimizer for fine-tuning BERT: a rate that rises linearly over `numWarmupSteps` and falls to `endLr` at
 * `numTrainSteps`, weight decay 0.01 except for normalisation and biases, epsilon 1e-6, gradients clipped to norm 1.
 *
 * The decay is not shifted by the warm-up, so the rate drops a little at the end of the warm-up, as upstream.
 *
 * @throws ValueError for another `optimizerType` and rates or steps out of range; TypeError for an unknown option.
 * @source tensorflow/models `official/nlp/optimization.py` of 2023, create_optimizer; before, only `layer_norm` and
 * `bias` were excluded.
 * @example
 * import { createOptimizer } from 'tfjs-optax/legacy'
 * const optimizer = createOptimizer(2e-5, 1000, 100)
 * // optimizer.name is 'AdamWeightDecay'
 */
export const createOptimizer = /* @__PURE__ */ checked(
  { who: 'createOptimizer', takes: ['initLr', 'numTrainSteps', 'numWarmupSteps'], options },
  (
    initLr: number,
    numTrainSteps: number,
    numWarmupSteps: number,
    given: CreateOptimizerOptions = {},
  ): AdamWeightDecay | LAMB => {
    const who = 'createOptimizer'
    const admitted: CreateOptimizerOptions = admitRecord(who, given)
    const { endLr = 0, optimizerType = 'adamw', beta1 = 0.9, polyPower = 1 } = admitted
    const decay = kerasPolynomialDecay({
      initialLearningRate: initLr,
      decaySteps: numTrainSteps,
      endLearningRate: endLr,
      power: polyPower,
    })
    const learningRate = numWarmupSteps
      ? kerasWarmUp({ initialLearningRate: initLr, decayScheduleFn: decay, warmupSteps: numWarmupSteps })
      : decay
    const options = {
      learningRate,
      weightDecayRate: 0.01,
      beta1,
      beta2: 0.999,
      epsilon: 1e-6,
      excludeFromWeightDecay: ['LayerNorm', 'layer_norm', 'bias'],
    }
    switch (optimizerType) {
      case 'adamw':
        return new AdamWeightDecay(options)
      case 'lamb':
        return new LAMB(options)
      default:
        throw badSettings(who, [
          `optimizerType must be 'adamw' or 'lamb', got ${typeof optimizerType === 'string' ? short(optimizerType) : nameOf(optimizerType)}`,
        ])
    }
  },
)
