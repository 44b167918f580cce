import { checked } from '../call/checked.js'
import { chain } from '../chain.js'
import { rpropOptions, scaleByRprop, type RpropOptions } from '../transforms/rprop.js'
import { scale } from '../transforms/scale.js'

/**
 * Rprop: `scaleByRprop`, then `scale(-1)`. The rate is where the step sizes start, so it is a number.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Riedmiller and Braun 1993; optax `rprop`, which hands out each update one step late.
 * @example
 * import { rprop } from 'tfjs-optax'
 * const tx = rprop(0.01)
 */
export const rprop = /* @__PURE__ */ checked(
  { who: 'rprop', takes: ['learningRate'], options: rpropOptions },
  (learningRate: number, options: RpropOptions = {}) => chain(scaleByRprop(learningRate, options), scale(-1)),
)
