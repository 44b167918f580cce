import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument } from '../errors.js'
import { tanh } from '../rule/approximate.js'
import { ema, sign } from '../rule/compose.js'
import { abs, lt, mul, select, type Expr } from '../rule/expr.js'
import { decayRate, positive, type Hyper } from '../rule/hyper.js'

/** The two weights of the past that all forms of Lion take. */
export interface LionMoments {
  /** weight of the past in the direction, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean that is kept, in [0, 1), default 0.99 */
  readonly b2?: Hyper
}

export const lionMoments: Names<LionMoments> = { b1: 'beta1 betas', b2: 'beta2 betas' }

/** How a direction becomes an update. */
export type LionMode = 'hard' | 'smooth' | 'refined'

/** Options of `scaleByLion`. */
export interface LionOptions extends LionMoments {
  /** 'hard', the default: the sign of the direction; 'smooth': its tanh; 'refined': the direction up to size 1 */
  readonly mode?: LionMode
  /** the factor of the direction under tanh, above 0, default 1; used by 'smooth' only */
  readonly smoothBeta?: Hyper
}

const options: Names<LionOptions> = { ...lionMoments, mode: '', smoothBeta: '' }

const modes: Readonly<Record<LionMode, (x: Expr, smoothBeta: Expr) => Expr>> = {
  hard: x => sign(x),
  smooth: (x, smoothBeta) => tanh(mul(smoothBeta, x)),
  refined: x => select(lt(abs(x), 1), x, sign(x)),
}

/**
 * The sign of a mean of updates: all parameters move at the same speed. One slot.
 *
 * `x = b1 mu + (1-b1) u;  mu = b2 mu + (1-b2) u`; `u = sign(x)`, 'smooth' `u = tanh(smoothBeta x)`, 'refined' `u = x` if
 * `|x| < 1`, else `sign(x)`.
 *
 * State: `count`; `mu`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Chen et al. 2023, algorithm 2; optax `scale_by_lion`. tanh is a quotient of polynomials, within 6 units in the
 * last place and the same on every engine.
 * @example
 * import { chain, scaleByLearningRate, scaleByLion } from 'tfjs-optax'
 * const tx = chain(scaleByLion({ mode: 'refined' }), scaleByLearningRate(1e-4))
 */
export const scaleByLion = /* @__PURE__ */ checked(
  { who: 'scaleByLion', takes: [], options },
  ({ b1 = 0.9, b2 = 0.99, mode = 'hard', smoothBeta = 1 }: LionOptions = {}) => {
    if (!Object.hasOwn(modes, mode)) throw badArgument('scaleByLion', 'mode', "'hard', 'smooth' or 'refined'", mode)
    return ourElementwise({
      name: 'scaleByLion',
      hyper: { b1: decayRate(b1), b2: decayRate(b2), smoothBeta: positive(smoothBeta) },
      options: { mode },
      slots: { mu: 0 },
      step: ({ u, mu }, { b1, b2, smoothBeta }) => ({
        u: modes[mode](ema(b1, mu, u), smoothBeta),
        mu: ema(b2, mu, u),
      }),
    })
  },
)
