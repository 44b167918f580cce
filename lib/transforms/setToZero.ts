import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'

/**
 * Sets every update to zero, so that parameters stay as they are; kernels do not even write them.
 *
 * `u = 0`. State: `count`.
 *
 * @source optax `set_to_zero`. `identity` leaves updates as they are; `freeze` zeroes those of some leaves.
 * @example
 * import { partition, setToZero, sgd } from 'tfjs-optax'
 * const tx = partition({ head: sgd(0.1), body: setToZero() }, path => (path.startsWith('head') ? 'head' : 'body'))
 */
export const setToZero = /* @__PURE__ */ checked({ who: 'setToZero', takes: [] }, () =>
  // -0, since adding it changes no bit of a parameter
  ourElementwise({ name: 'setToZero', step: () => ({ u: -0 }) }),
)
