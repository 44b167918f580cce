import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { ema } from '../rule/compose.js'
import { add } from '../rule/expr.js'
import { decayRate, type Hyper } from '../rule/hyper.js'

/**
 * Keeps an exponential moving average of the parameters, in the same pass over memory as the step. It must be the last
 * link, since it averages `p + u`; updates pass through.
 *
 * `ema = decay ema + (1-decay) (p + u)`, which starts at the first parameters. `averagedParams` gives the average.
 *
 * State: `count`; `ema`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if `decay` is not in [0, 1); TypeError for an update without parameters.
 * @source Polyak and Juditsky 1992; Keras's `use_ema` and torch's `AveragedModel`, which take a pass of their own. optax
 * has `incremental_update` for it, outside of a chain.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { averagedParams, chain, emaOfParams, makeStep, sgd } from 'tfjs-optax'
 * const tx = chain(sgd(1), emaOfParams(0.5))
 * const params = { w: tf.tensor1d([1]) }
 * const [, state] = makeStep(tx)(params, { w: tf.tensor1d([1]) }, tx.init(params))
 * const { w } = averagedParams(tx, state) as typeof params
 * // w is [0.5]
 */
export const emaOfParams = /* @__PURE__ */ checked({ who: 'emaOfParams', takes: ['decay'] }, (decay: Hyper) =>
  ourElementwise({
    name: 'emaOfParams',
    hyper: { decay: decayRate(decay) },
    slots: { ema: ({ p }) => p },
    step: ({ u, p, ema: average }, { decay }) => ({ u, ema: ema(decay, average, add(p, u)) }),
  }),
)
