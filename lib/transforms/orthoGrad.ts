import { checked } from '../call/checked.js'
import { ourElementwise } from '../elementwise.js'
import { square } from '../rule/compose.js'
import { div, lt, mul, select, sqrt, sub, type Expr } from '../rule/expr.js'

/** The update without its part along the parameter, whose share of the parameter is `along / own`. */
const orthogonal = (u: Expr, p: Expr, along: Expr, own: Expr): Expr =>
  sub(u, mul(select(lt(0, own), div(along, own), 0), p))

/**
 * Takes from each leaf's gradient the part along the leaf itself, and keeps its norm: weights turn but are not scaled,
 * so a fitted model can't lower its loss by making logits greater. It comes before the optimizer.
 *
 * Over a leaf: `g = u - <u, p>/<p, p> p;  u = g |u| / |g|`. Where `u` is along `p` up to rounding (`|g| <= 1e-6 |u|`, as
 * in each leaf of one element), `u = 0`. State: `count`.
 *
 * @throws TypeError for an update without parameters.
 * @source Prieto et al. 2025, Grokking at the Edge of Numerical Stability, section 5, whose program scales that rounding
 * up to the norm of the gradient. optax, Keras and torch do not have it.
 * @example
 * import { adam, chain, orthoGrad } from 'tfjs-optax'
 * const tx = chain(orthoGrad(), adam(1e-3))
 */
export const orthoGrad = /* @__PURE__ */ checked({ who: 'orthoGrad', takes: [] }, () =>
  ourElementwise({
    name: 'orthoGrad',
    totals: {
      own: { over: 'leaf', of: ({ p }) => square(p) },
      along: { over: 'leaf', of: ({ u, p }) => mul(u, p) },
      given: { over: 'leaf', of: ({ u }) => square(u) },
      left: { over: 'leaf', of: ({ u, p, own, along }) => square(orthogonal(u, p, along, own)) },
    },
    step: ({ u, p, own, along, given, left }) => {
      const factor = select(lt(mul(1e-12, given), left), sqrt(div(given, left)), 0)
      return { u: mul(orthogonal(u, p, along, own), select(lt(0, given), factor, given)) }
    },
  }),
)
