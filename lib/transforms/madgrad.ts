import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { cbrt } from '../rule/approximate.js'
import { square } from '../rule/compose.js'
import { add, div, mul, sub } from '../rule/expr.js'
import { decayRate, nonNegative, positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByMadgrad`. */
export interface MadgradOptions {
  /** how much of the parameter stays, in [0, 1), default 0.9 */
  readonly momentum?: Hyper
  /** added to the cube root, and to the rate, above 0, default 1e-6 */
  readonly eps?: Hyper
}

export const madgradOptions: Names<MadgradOptions> = { momentum: 'decay', eps: 'epsilon' }

/**
 * Dual averaging with a cube root: all gradients so far, weighted, pull from where training began. It includes the rate
 * and is a step downhill.
 *
 * `l = (learningRate + eps) sqrt(t);  gradSumSq += l u^2;  s += l u;  z = x0 - s / (cbrt(gradSumSq) + eps);
 * u = (1-momentum) (z - p)`
 *
 * The cube root is made of square roots and two steps of Halley's iteration, within one unit in the last place and the
 * same on every engine, so the rule runs in a kernel like others.
 *
 * State: `count`; `gradSumSq`, `s`, and `x0`, the parameters of `init`, float32 of the parameter's shape, 4 bytes per
 * parameter each.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option, or an update without parameters.
 * @source Defazio and Jelassi 2021, algorithm 1; optax `contrib.scale_by_madgrad`.
 * @example
 * import { scaleByMadgrad } from 'tfjs-optax'
 * const tx = scaleByMadgrad(0.01)
 */
export const scaleByMadgrad = /* @__PURE__ */ checked(
  { who: 'scaleByMadgrad', takes: ['learningRate'], options: madgradOptions },
  (learningRate: Hyper, { momentum = 0.9, eps = 1e-6 }: MadgradOptions = {}) =>
    ourElementwise({
      name: 'scaleByMadgrad',
      hyper: { learningRate: nonNegative(learningRate), momentum: decayRate(momentum), eps: positive(eps) },
      slots: { gradSumSq: 0, s: 0, x0: ({ p }) => p },
      scalars: (t, { learningRate, momentum, eps }) => ({
        weight: (learningRate + eps) * Math.sqrt(t),
        share: 1 - momentum,
        eps,
      }),
      step: ({ u, p, gradSumSq, s, x0 }, { weight, share, eps }) => {
        const squares = add(gradSumSq, mul(weight, square(u)))
        const sum = add(s, mul(weight, u))
        const z = sub(x0, div(sum, add(cbrt(squares), eps)))
        return { u: mul(share, sub(z, p)), gradSumSq: squares, s: sum, x0 }
      },
    }),
)
