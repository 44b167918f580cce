import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { div, lt, mul, select, sqrt } from '../rule/expr.js'
import { clamp, neg, square } from '../rule/compose.js'
import { positive, type Hyper } from '../rule/hyper.js'

/**
 * Clamps every element to `[-maxDelta, maxDelta]`. NaN stays NaN.
 *
 * `u = min(max(u, -maxDelta), maxDelta)`. State: `count`.
 *
 * @throws ValueError if `maxDelta` is not positive and finite.
 * @source optax `clip`; Keras's `clipvalue`.
 * @example
 * import { chain, clip, scale } from 'tfjs-optax'
 * const tx = chain(clip(0.5), scale(-0.1))
 */
export const clip = /* @__PURE__ */ checked({ who: 'clip', takes: ['maxDelta'] }, (maxDelta: Hyper) =>
  ourElementwise({
    name: 'clip',
    hyper: { maxDelta: positive(maxDelta) },
    step: ({ u }, { maxDelta }) => ({ u: clamp(u, neg(maxDelta), maxDelta) }),
  }),
)

/**
 * Scales each leaf by a factor of its own so that its norm is at most `maxNorm`.
 *
 * `n = sqrt(sum of u^2 over the leaf);  u = u` if `n < maxNorm`, else `u (maxNorm / n)`. State: `count`.
 *
 * @throws ValueError if `maxNorm` is not positive and finite.
 * @source Keras's `clipnorm` (tf.clip_by_norm); optax has no such transformation.
 * @example
 * import { chain, clipByNorm, scale } from 'tfjs-optax'
 * const tx = chain(clipByNorm(1), scale(-0.1))
 */
export const clipByNorm = /* @__PURE__ */ checked({ who: 'clipByNorm', takes: ['maxNorm'] }, (maxNorm: Hyper) =>
  ourElementwise({
    name: 'clipByNorm',
    hyper: { maxNorm: positive(maxNorm) },
    totals: { sq: { over: 'leaf', of: ({ u }) => square(u) } },
    step: ({ u, sq }, { maxNorm }) => {
      const n = sqrt(sq)
      return { u: mul(u, select(lt(n, maxNorm), 1, div(maxNorm, n))) }
    },
  }),
)

/**
 * Scales all leaves by one factor so that the norm of the whole tree is at most `maxNorm`.
 *
 * `n = sqrt(sum of u^2 over the tree);  u = u` if `n < maxNorm`, else `u (maxNorm / n)`. State: `count`.
 *
 * A NaN anywhere makes everything NaN; an infinity becomes NaN and the rest 0. On cpu and wasm the sum is float64, so
 * the norm is accurate for any number of elements; above 1.8e19 it overflows to infinity and the updates become 0.
 *
 * @throws ValueError if `maxNorm` is not positive and finite.
 * @source Pascanu, Mikolov and Bengio 2013, algorithm 1; optax `clip_by_global_norm`, which divides by the norm first
 * (one more rounding).
 * @example
 * import { chain, clipByGlobalNorm, scale } from 'tfjs-optax'
 * const tx = chain(clipByGlobalNorm(1), scale(-0.1))
 */
export const clipByGlobalNorm = /* @__PURE__ */ checked(
  { who: 'clipByGlobalNorm', takes: ['maxNorm'] },
  (maxNorm: Hyper) =>
    ourElementwise({
      name: 'clipByGlobalNorm',
      hyper: { maxNorm: positive(maxNorm) },
      totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
      step: ({ u, sq }, { maxNorm }) => {
        const n = sqrt(sq)
        return { u: mul(u, select(lt(n, maxNorm), 1, div(maxNorm, n))) }
      },
    }),
)
