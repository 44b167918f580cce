import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { mul, sub } from '../rule/expr.js'
import { finite, type Hyper } from '../rule/hyper.js'
import { masked } from '../wrappers/masked.js'
import { decayOptions, type DecayOptions } from './decay.js'

/**
 * Shrinks the parameters themselves by the learning rate times `weightDecay`, so that later links see the new ones; the
 * moments never see the decay.
 *
 * `p = p - (learningRate p) weightDecay`, both numbers in float32; a `weightDecay` of the number 0 is no decay, even of
 * infinite parameters. State: `count`.
 *
 * @throws ValueError if a number is not finite; TypeError for an unknown option, or an update without parameters.
 * @source The Model Garden's legacy AdamWeightDecay, bit for bit. `addDecayedWeights` adds to the update instead, which
 * is the same up to rounding.
 * @example
 * import { adamEpsilonHat, chain, decayParams } from 'tfjs-optax'
 * const tx = chain(decayParams(1e-3, 0.01, { mask: path => !path.includes('bias') }), adamEpsilonHat(1e-3))
 */
export const decayParams = /* @__PURE__ */ checked(
  { who: 'decayParams', takes: ['learningRate', 'weightDecay'], options: decayOptions },
  (learningRate: Hyper, weightDecay: Hyper, { mask = true }: DecayOptions = {}) => {
    const decay = ourElementwise(
      {
        name: 'decayParams',
        hyper: { learningRate: finite(learningRate), weightDecay: finite(weightDecay) },
        step: ({ u, p }, { learningRate, weightDecay }) => ({ u, p: sub(p, mul(mul(p, learningRate), weightDecay)) }),
      },
      { offAt0: 'weightDecay' },
    )
    return mask === true ? decay : masked(decay, mask)
  },
)
