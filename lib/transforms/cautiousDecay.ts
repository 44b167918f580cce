import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { sign } from '../rule/compose.js'
import { add, lt, mul, select } from '../rule/expr.js'
import { finite, type Hyper } from '../rule/hyper.js'
import { masked } from '../wrappers/masked.js'
import { decayOptions, type DecayOptions } from './decay.js'

/**
 * Decoupled weight decay only where the step shrinks the parameter anyway: no decay works against the loss.
 *
 * `u = u + weightDecay p` if `u p >= 0`, else `u`. It comes after the scaling and before the rate; the number 0 is no
 * decay. State: `count`.
 *
 * @throws ValueError if `weightDecay` is not finite; TypeError for an unknown option, or an update without parameters.
 * @source Chen et al. 2025, Cautious Weight Decay, algorithm 1. optax, Keras and torch do not have it.
 * @example
 * import { addCautiousDecayedWeights, chain, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(scaleByAdam(), addCautiousDecayedWeights(0.1), scaleByLearningRate(1e-3))
 */
export const addCautiousDecayedWeights = /* @__PURE__ */ checked(
  { who: 'addCautiousDecayedWeights', takes: ['weightDecay'], options: decayOptions },
  (weightDecay: Hyper, { mask = true }: DecayOptions = {}) => {
    const decay = ourElementwise(
      {
        name: 'addCautiousDecayedWeights',
        hyper: { weightDecay: finite(weightDecay) },
        step: ({ u, p }, { weightDecay }) => ({
          u: select(lt(mul(sign(u), p), 0), u, add(u, mul(weightDecay, p))),
        }),
      },
      { offAt0: 'weightDecay' },
    )
    return mask === true ? decay : masked(decay, mask)
  },
)
