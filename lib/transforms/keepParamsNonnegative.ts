import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { neg } from '../rule/compose.js'
import { add, lt, select } from '../rule/expr.js'

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
