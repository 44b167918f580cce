/** The optimizer that BERT was trained with, as the Model Garden's `create_optimizer` sets it up. */
import { adamEpsilonHat, chain, decayParams, globalClipnorm } from 'tfjs-optax'
import { asOptimizer, kerasPolynomialDecay, kerasWarmUp, type TransformOptimizer } from 'tfjs-optax/legacy'

const undecayed = ['LayerNorm', 'layer_norm', 'bias']

/** A line up to `initialLearningRate` in `warmupSteps` steps, then the rest of the line to 0 in `decaySteps`. */
export const bertOptimizer = (
  initialLearningRate: number,
  decaySteps: number,
  warmupSteps: number,
): TransformOptimizer => {
  const decayScheduleFn = kerasPolynomialDecay({ initialLearningRate, decaySteps, endLearningRate: 0 })
  const rate = kerasWarmUp({ initialLearningRate, decayScheduleFn, warmupSteps })
  return asOptimizer(
    chain(
      globalClipnorm(1),
      decayParams(rate, 0.01, { mask: name => !undecayed.some(part => name.includes(part)) }),
      adamEpsilonHat(rate, { eps: 1e-6 }),
    ),
  )
}
