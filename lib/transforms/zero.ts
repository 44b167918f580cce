import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { neg } from '../rule/compose.js'
import { add, lt, select } from '../rule/expr.js'

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

/**
 * Keeps parameters from becoming negative: one that would is set to zero. It must be the last link that changes updates.
 *
 * `u = -p if p + u < 0, else u`. State: `count`.
 *
 * @throws TypeError for an update without parameters.
 * @source optax `keep_params_nonnegative`; a projected gradient step.
 * @example
 * import { chain, keepParamsNonnegative, sgd } from 'tfjs-optax'
 * const tx = chain(sgd(0.1), keepParamsNonnegative())
 */
export const keepParamsNonnegative = /* @__PURE__ */ checked({ who: 'keepParamsNonnegative', takes: [] }, () =>
  ourElementwise({
    name: 'keepParamsNonnegative',
    step: ({ u, p }) => ({ u: select(lt(add(p, u), 0), neg(p), u) }),
  }),
)
