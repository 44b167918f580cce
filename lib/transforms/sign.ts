import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { sign } from '../rule/compose.js'

/**
 * The sign of every update: 1, -1, or the update itself if it is zero or NaN.
 *
 * `u = sign(u)`. State: `count`.
 *
 * @source Bernstein et al. 2018, algorithm 1; optax `scale_by_sign`.
 * @example
 * import { chain, scaleByLearningRate, scaleBySign } from 'tfjs-optax'
 * const tx = chain(scaleBySign(), scaleByLearningRate(1e-3))
 */
export const scaleBySign = /* @__PURE__ */ checked({ who: 'scaleBySign', takes: [] }, () =>
  ourElementwise({ name: 'scaleBySign', step: ({ u }) => ({ u: sign(u) }) }),
)
