import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { add, mul } from '../rule/expr.js'
import { finite, type Hyper } from '../rule/hyper.js'
import type { Mask } from '../tree/mask.js'
import { masked } from '../wrappers/masked.js'

/** Options of `addDecayedWeights` and `addCautiousDecayedWeights`. */
export interface DecayOptions {
  /** the leaves that decay; default all. A function gets the path, such as `dense.kernel`, and the leaf */
  readonly mask?: Mask
}

export const decayOptions: Names<DecayOptions> = { mask: '' }

/**
 * Adds the parameters times `weightDecay` to the updates: decoupled weight decay, if it comes after the scaling.
 *
 * `u = u + weightDecay p`; the number 0 is no decay, even of infinite parameters, but a schedule that is 0 multiplies.
 * State: `count`.
 *
 * @throws ValueError if `weightDecay` is not finite; TypeError for an unknown option, or an update without parameters.
 * @source Loshchilov and Hutter 2019, algorithm 2; optax `add_decayed_weights`. The legacy Keras class shrinks the
 * parameter itself before Adam instead (`decayParams`).
 * @example
 * import { addDecayedWeights, chain, scaleByAdam, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(
 *   scaleByAdam(),
 *   addDecayedWeights(0.01, { mask: path => path.endsWith('kernel') }),
 *   scaleByLearningRate(1e-3),
 * )
 */
export const addDecayedWeights = /* @__PURE__ */ checked(
  { who: 'addDecayedWeights', takes: ['weightDecay'], options: decayOptions },
  (weightDecay: Hyper = 0, { mask = true }: DecayOptions = {}) => {
    const decay = ourElementwise(
      {
        name: 'addDecayedWeights',
        hyper: { weightDecay: finite(weightDecay) },
        step: ({ u, p }, { weightDecay }) => ({ u: add(u, mul(weightDecay, p)) }),
      },
      { offAt0: 'weightDecay' },
    )
    return mask === true ? decay : masked(decay, mask)
  },
)
