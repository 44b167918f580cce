/** The root mean square of a leaf, and the clip by it. */
import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { max, square } from '../rule/compose.js'
import { div, mul, sqrt, type Expr } from '../rule/expr.js'
import { positive, type Hyper } from '../rule/hyper.js'

/** The total that counts the elements of a leaf: the language has no name for it, and a sum of ones costs no memory. */
export const sizeOfLeaf = { over: 'leaf', of: () => 1 } as const

/** The root mean square, from the sum of squares and the size. */
export const rmsOf = (sumOfSquares: Expr, size: Expr): Expr => sqrt(div(sumOfSquares, size))

/**
 * Scales each leaf so that the root mean square of its updates is at most `threshold`.
 *
 * `r = sqrt(mean of u^2 over the leaf);  u = u / max(r / threshold, 1)`; a leaf below the threshold keeps its bits.
 * State: `count`.
 *
 * @throws ValueError if `threshold` is not positive and finite.
 * @source Shazeer and Stern 2018, section 6; optax `clip_by_block_rms`.
 * @example
 * import { chain, clipByBlockRms, scale } from 'tfjs-optax'
 * const tx = chain(clipByBlockRms(1), scale(-0.1))
 */
export const clipByBlockRms = /* @__PURE__ */ checked(
  { who: 'clipByBlockRms', takes: ['threshold'] },
  (threshold: Hyper) =>
    ourElementwise({
      name: 'clipByBlockRms',
      hyper: { threshold: positive(threshold) },
      totals: { sq: { over: 'leaf', of: ({ u }) => square(u) }, size: sizeOfLeaf },
      step: ({ u, sq, size }, { threshold }) => ({
        u: mul(u, div(1, max(div(rmsOf(sq, size), threshold), 1))),
      }),
    }),
)
