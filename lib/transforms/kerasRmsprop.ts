import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise, type SlotState } from '../elementwise.js'
import { neg, square } from '../rule/compose.js'
import { add, div, mul, sqrt, sub, type Expr } from '../rule/expr.js'
import { decayRate, finite, positive, type Hyper, type HyperSpec } from '../rule/hyper.js'
import type { Symbols } from '../rule/definition.js'
import type { GradientTransformation, StateOf } from '../transform.js'
import { upToOne } from './kerasMomentum.js'

/** Options of `kerasRmsprop`. */
export interface KerasRmspropOptions<M extends Hyper = Hyper, C extends boolean = boolean> {
  /** weight of the past in the means, in [0, 1), default 0.9 */
  readonly rho?: Hyper
  /** weight of the past steps, in [0, 1]; 0, the default, has another formula and no slot */
  readonly momentum?: M
  /** keeps the denominator from zero, above 0, default 1e-7 */
  readonly eps?: Hyper
  /** whether to use the variance in place of the mean of squares, default false */
  readonly centered?: C
}

const options: Names<KerasRmspropOptions> = { rho: 'decay alpha', momentum: '', eps: 'epsilon', centered: '' }

type Slot = 'rms' | 'momentum' | 'mg'
/** With the slots `S`, and `mg` if the type `C` of `centered` is true; of a mere boolean the slots are unknown. */
type Rmsprop<S extends Slot, C extends boolean> = GradientTransformation<
  boolean extends C ? StateOf : SlotState<S | (C extends true ? 'mg' : never)>
>

const { fround } = Math

// Without momentum Keras writes the formula in TensorFlow ops. With momentum it calls a kernel, which rounds otherwise
// and has `eps` inside the root.
const ofOps = (old: Expr, x: Expr, { rho, fresh }: Symbols<'rho' | 'fresh'>): Expr => add(mul(rho, old), mul(fresh, x))
const ofKernel = (old: Expr, x: Expr, { fresh }: Symbols<'fresh'>): Expr => add(old, mul(sub(x, old), fresh))

/**
 * RMSprop as in Keras's legacy optimizer: two formulas, one without and one with momentum. It includes the rate, so it
 * ends a chain.
 *
 * Without momentum: `rms = rho rms + (1 - rho) u^2;  u = -(learningRate u) / (sqrt(d) + eps)` with `d = rms`; centered,
 * `mg = rho mg + (1 - rho) u` and `d = rms - mg^2`, which rounding can bring below zero: then NaN, as in Keras.
 *
 * With momentum: `rms = rms + (u^2 - rms)(1 - rho);  s = s momentum + (u learningRate) / sqrt(d + eps);  u = -s`, where
 * `s` is the slot `momentum`; centered, `mg = mg + (u - mg)(1 - rho)` and `d` as above.
 *
 * State: `count`; `rms`, with momentum `momentum`, centered `mg`: float32 of the parameter's shape, 4 bytes per
 * parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Hinton 2012, lecture 6e; Keras legacy RMSprop and TensorFlow's ApplyRMSProp kernels, bit for bit in float32.
 * optax always has `eps` inside the root, torch outside.
 * @example
 * import { kerasRmsprop } from 'tfjs-optax'
 * const tx = kerasRmsprop(1e-3, { momentum: 0.9, centered: true })
 */
export const kerasRmsprop: {
  <C extends boolean = false>(learningRate: Hyper, options?: KerasRmspropOptions<0, C>): Rmsprop<'rms', C>
  <C extends boolean = false>(
    learningRate: Hyper,
    options: KerasRmspropOptions<Hyper, C>,
  ): Rmsprop<'rms' | 'momentum', C>
} = /* @__PURE__ */ checked(
  { who: 'kerasRmsprop', takes: ['learningRate'], options },
  (learningRate: Hyper, { rho = 0.9, momentum = 0, eps = 1e-7, centered = false }: KerasRmspropOptions = {}) => {
    const hasMomentum = momentum !== 0
    const mean = hasMomentum ? ofKernel : ofOps
    /** the values of the slots that this form has, which its step alone reads */
    const slots = <X>(rms: X, sum: X, mg: X) =>
      ({ rms, ...(hasMomentum && { momentum: sum }), ...(centered && { mg }) }) as Record<Slot, X>
    return ourElementwise({
      name: 'kerasRmsprop',
      hyper: {
        learningRate: finite(learningRate),
        rho: decayRate(rho),
        eps: positive(eps),
        ...(hasMomentum && { momentum: upToOne(momentum) }),
      } as Record<'learningRate' | 'rho' | 'eps' | 'momentum', HyperSpec>,
      options: { centered },
      slots: slots(0, 0, 0),
      scalars: (_t, { rho, momentum: share, ...rest }) => {
        const fresh = fround(1 - fround(rho)) // in float32, as in Keras
        return { ...rest, rho, fresh, ...(hasMomentum && { share }) } as typeof rest &
          Record<'rho' | 'fresh' | 'share', number>
      },
      step: ({ u, rms, momentum: past, mg }, k) => {
        const squares = mean(rms, square(u), k)
        const average = centered ? mean(mg, u, k) : u
        const variance = centered ? sub(squares, square(average)) : squares
        if (!hasMomentum) {
          const descent = neg(div(mul(k.learningRate, u), add(sqrt(variance), k.eps)))
          return { u: descent, ...slots(squares, u, average) }
        }
        const sum = add(mul(past, k.share), div(mul(u, k.learningRate), sqrt(add(variance, k.eps))))
        return { u: neg(sum), ...slots(squares, sum, average) }
      },
    }) as never // its slots are those of the overloads
  },
)
