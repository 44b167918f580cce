import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { square } from '../rule/compose.js'
import { add, div, lt, mul, select, sqrt, sub, type Expr } from '../rule/expr.js'
import { decayRate, nonNegative, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByMars`. */
export interface MarsOptions {
  /** the `b1` of the Adam behind it, in [0, 1), default 0.95 */
  readonly b1?: Hyper
  /** how much of the change of gradients is added, at least 0, default 0.025 */
  readonly gamma?: Hyper
}

const options: Names<MarsOptions> = { b1: 'beta1 betas', gamma: '' }

/**
 * Adds to each gradient a share of its change since the last step, which cancels noise, for an Adam behind it.
 *
 * `c = u + gamma b1/(1-b1) (u - previous)`, at the first step `c = u`;  `previous = u;  u = c / max(1, norm of c over
 * the leaf)`
 *
 * State: `count`; `previous`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Yuan et al. 2024, algorithm 1 with the approximation of its section 3: the last gradient is that of the last
 * batch. optax, Keras and torch do not have it.
 * @example
 * import { chain, scaleByAdam, scaleByLearningRate, scaleByMars } from 'tfjs-optax'
 * const tx = chain(scaleByMars(), scaleByAdam({ b1: 0.95, b2: 0.99 }), scaleByLearningRate(3e-3))
 */
export const scaleByMars = /* @__PURE__ */ checked(
  { who: 'scaleByMars', takes: [], options },
  ({ b1 = 0.95, gamma = 0.025 }: MarsOptions = {}) => {
    const corrected = (u: Expr, previous: Expr, share: Expr): Expr => add(u, mul(share, sub(u, previous)))
    return ourElementwise({
      name: 'scaleByMars',
      hyper: { b1: decayRate(b1), gamma: nonNegative(gamma) },
      slots: { previous: 0 },
      scalars: (t, { b1, gamma }) => ({ share: t === 1 ? 0 : (gamma * b1) / (1 - b1) }),
      totals: { sq: { over: 'leaf', of: ({ u, previous }, { share }) => square(corrected(u, previous, share)) } },
      step: ({ u, previous, sq }, { share }) => {
        const norm = sqrt(sq)
        return { u: mul(corrected(u, previous, share), select(lt(1, norm), div(1, norm), 1)), previous: u }
      },
    })
  },
)
