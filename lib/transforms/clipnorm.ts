import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { add, div, mul, sqrt, sub } from '../rule/expr.js'
import { max, min, square } from '../rule/compose.js'
import { positive, type Hyper } from '../rule/hyper.js'

/**
 * Clips each leaf to a norm as Keras's `clipnorm` does: updates below the threshold are multiplied and divided as well.
 *
 * `n = sqrt(sum of u^2 over the leaf);  u = (u c) / max(n, c)`. State: `count`.
 *
 * @throws ValueError if `c` is not positive and finite (Keras accepts 0, which zeroes every gradient).
 * @source tf.clip_by_norm. `clipByNorm` does not change an update below the threshold.
 * @example
 * import { adamEpsilonHat, chain, clipnorm } from 'tfjs-optax'
 * const tx = chain(clipnorm(1), adamEpsilonHat(1e-3))
 */
export const clipnorm = /* @__PURE__ */ checked({ who: 'clipnorm', takes: ['c'] }, (c: Hyper) =>
  ourElementwise({
    name: 'clipnorm',
    hyper: { c: positive(c) },
    totals: { sq: { over: 'leaf', of: ({ u }) => square(u) } },
    step: ({ u, sq }, { c }) => ({ u: div(mul(u, c), max(sqrt(sq), c)) }),
  }),
)

/**
 * Clips the whole tree to a norm as Keras's `global_clipnorm` does: updates below the threshold are multiplied as well,
 * and all become NaN if the norm is not finite.
 *
 * `n = sqrt(sum of u^2 over the tree);  u = u (c min(1/n, 1/c) + (n - n))`. State: `count`.
 *
 * @throws ValueError if `c` is not positive and finite.
 * @source tf.clip_by_global_norm; the Model Garden's `gradient_clip_norm`. `clipByGlobalNorm` is optax's.
 * @example
 * import { adamEpsilonHat, chain, globalClipnorm } from 'tfjs-optax'
 * const tx = chain(globalClipnorm(1), adamEpsilonHat(1e-3))
 */
export const globalClipnorm = /* @__PURE__ */ checked({ who: 'globalClipnorm', takes: ['c'] }, (c: Hyper) =>
  ourElementwise({
    name: 'globalClipnorm',
    hyper: { c: positive(c) },
    scalars: (_t, { c }) => ({ c, inverse: Math.fround(1 / Math.fround(c)) }),
    totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
    step: ({ u, sq }, { c, inverse }) => {
      const n = sqrt(sq)
      return { u: mul(u, add(mul(c, min(div(1, n), inverse)), sub(n, n))) }
    },
  }),
)
