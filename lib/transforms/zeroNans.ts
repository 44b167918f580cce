import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { lt, select } from '../rule/expr.js'

/**
 * Replaces NaN in updates by zero; infinities stay.
 *
 * `u = 0 if u is NaN, else u`. State: `count`.
 *
 * @source optax `zero_nans`, whose state has a flag for each leaf; that would cost a pass over memory.
 * @example
 * import { adam, chain, zeroNans } from 'tfjs-optax'
 * const tx = chain(zeroNans(), adam(1e-3))
 */
export const zeroNans = /* @__PURE__ */ checked({ who: 'zeroNans', takes: [] }, () =>
  // every number is below 1 or above 0, and NaN is neither
  ourElementwise({ name: 'zeroNans', step: ({ u }) => ({ u: select(lt(u, 1), u, select(lt(0, u), u, 0)) }) }),
)
