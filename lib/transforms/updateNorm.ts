/** Divides all updates by their common norm. */
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { square } from '../rule/compose.js'
import { add, div, lt, mul, select, sqrt, type Expr, type Operand } from '../rule/expr.js'
import { finite, nonNegative, type Hyper } from '../rule/hyper.js'

/** Options of `normalizeByUpdateNorm`. */
export interface UpdateNormOptions {
  /** the norm of all updates together afterwards, any finite number, default 1 */
  readonly scaleFactor?: Hyper
  /** added to the norm that is divided by, at least 0, default 1e-6 */
  readonly eps?: Hyper
}

const options: Names<UpdateNormOptions> = { scaleFactor: 'scale', eps: 'epsilon' }

/** `by / n`, but 0 if `n` is 0; NaN if it is NaN. */
const quotient = (by: Operand, n: Expr): Expr => select(lt(0, n), div(by, n), n)

/**
 * Divides all updates by their common norm.
 *
 * `n = sqrt(sum of u^2 over the tree);  u = u scaleFactor / (n + eps)`. Updates that are all 0 stay 0, also if `eps` is
 * 0. State: `count`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source optax `normalize_by_update_norm`, which divides each element (one rounding less).
 * @example
 * import { chain, normalizeByUpdateNorm, scaleByLearningRate } from 'tfjs-optax'
 * const tx = chain(normalizeByUpdateNorm({ scaleFactor: 2 }), scaleByLearningRate(0.1))
 */
export const normalizeByUpdateNorm = /* @__PURE__ */ checked(
  { who: 'normalizeByUpdateNorm', takes: [], options },
  ({ scaleFactor = 1, eps = 1e-6 }: UpdateNormOptions = {}) =>
    ourElementwise({
      name: 'normalizeByUpdateNorm',
      hyper: { scaleFactor: finite(scaleFactor), eps: nonNegative(eps) },
      totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
      step: ({ u, sq }, { scaleFactor, eps }) => ({ u: mul(u, quotient(scaleFactor, add(sqrt(sq), eps))) }),
    }),
)

/**
 * Divides all updates by their common norm, as the inner step of SAM does.
 *
 * `u = u / sqrt(sum of u^2 over the tree)`; updates that are all 0 stay 0. State: `count`.
 *
 * @throws TypeError for an argument.
 * @source Foret et al. 2021, equation 2; optax `contrib.normalize`, which gives NaN if all updates are 0.
 * @example
 * import { chain, normalize, scale } from 'tfjs-optax'
 * const adversary = chain(normalize(), scale(0.05))
 */
export const normalize = /* @__PURE__ */ checked({ who: 'normalize', takes: [] }, () =>
  ourElementwise({
    name: 'normalize',
    totals: { sq: { over: 'tree', of: ({ u }) => square(u) } },
    step: ({ u, sq }) => ({ u: mul(u, quotient(1, sqrt(sq))) }),
  }),
)
