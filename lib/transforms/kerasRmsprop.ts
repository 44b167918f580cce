import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise, type SlotState } from '../elementwise.js'
import { neg, square } from '../rule/compose.js'
import { add, div, mul, sqrt, sub, type Expr } from '../rule/expr.js'
import { decayRate, finite, positive, type Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { upToOne } from './kerasMomentum.js'

export interface KerasRmspropOptions {
  /** weight of the past in the means, in [0, 1), default 0.9 */
  readonly rho?: Hyper
  /** weight of the past steps, in [0, 1]; 0, the default, is another formula and has no slot */
  readonly momentum?: Hyper
  /** keeps the denominator from zero, above 0, default 1e-7 */
  readonly eps?: Hyper
  /** whether to take the variance in place of the mean of squares, default false */
  readonly centered?: boolean
}

const options: Names<KerasRmspropOptions> = { rho: 'decay alpha', momentum: '', eps: 'epsilon', centered: '' }

interface Given {
  readonly learningRate: Hyper
  readonly rho: Hyper
  readonly eps: Hyper
}

const hypers = ({ learningRate, rho, eps }: Given) => ({
  learningRate: finite(learningRate),
  rho: decayRate(rho),
  eps: positive(eps),
})
type RmspropNumbers = Readonly<Record<keyof Given, number>>
const { fround } = Math
/** `1 - rho` in float32, as Keras has it. */
const scalars = (_t: number, { rho, ...rest }: RmspropNumbers) => ({ ...rest, rho, fresh: fround(1 - fround(rho)) })
type RmspropSymbols = Readonly<Record<keyof ReturnType<typeof scalars>, Expr>>

const name = 'kerasRmsprop'

// Without momentum Keras writes the formula in TensorFlow ops.
const mean = (old: Expr, x: Expr, { rho, fresh }: RmspropSymbols): Expr => add(mul(rho, old), mul(fresh, x))
const descent = (u: Expr, variance: Expr, { learningRate, eps }: RmspropSymbols): Expr =>
  neg(div(mul(learningRate, u), add(sqrt(variance), eps)))

const plain = (given: Given) =>
  ourElementwise({
    name,
    hyper: hypers(given),
    options: { centered: false },
    slots: { rms: 0 },
    scalars,
    step: ({ u, rms }, k) => {
      const squares = mean(rms, square(u), k)
      return { u: descent(u, squares, k), rms: squares }
    },
  })

const plainCentered = (given: Given) =>
  ourElementwise({
    name,
    hyper: hypers(given),
    options: { centered: true },
    slots: { rms: 0, mg: 0 },
    scalars,
    step: ({ u, rms, mg }, k) => {
      const squares = mean(rms, square(u), k)
      const gradient = mean(mg, u, k)
      return { u: descent(u, sub(squares, square(gradient)), k), rms: squares, mg: gradient }
    },
  })

// With momentum it calls a kernel, which rounds differently and has eps inside the root.
const towards = (old: Expr, x: Expr, { fresh }: RmspropSymbols): Expr => add(old, mul(sub(x, old), fresh))
const summed = (sum: Expr, share: Expr, u: Expr, variance: Expr, { learningRate, eps }: RmspropSymbols): Expr =>
  add(mul(sum, share), div(mul(u, learningRate), sqrt(add(variance, eps))))

const withMomentum = (given: Given, momentum: Hyper) =>
  ourElementwise({
    name,
    hyper: { ...hypers(given), momentum: upToOne(momentum) },
    options: { centered: false },
    slots: { rms: 0, momentum: 0 },
    scalars: (t, { momentum, ...rest }) => ({ ...scalars(t, rest), share: momentum }),
    step: ({ u, rms, momentum }, { share, ...k }) => {
      const squares = towards(rms, square(u), k)
      const sum = summed(momentum, share, u, squares, k)
      return { u: neg(sum), rms: squares, momentum: sum }
    },
  })

const withMomentumCentered = (given: Given, momentum: Hyper) =>
  ourElementwise({
    name,
    hyper: { ...hypers(given), momentum: upToOne(momentum) },
    options: { centered: true },
    slots: { rms: 0, momentum: 0, mg: 0 },
    scalars: (t, { momentum, ...rest }) => ({ ...scalars(t, rest), share: momentum }),
    step: ({ u, rms, momentum, mg }, { share, ...k }) => {
      const squares = towards(rms, square(u), k)
      const gradient = towards(mg, u, k)
      const sum = summed(momentum, share, u, sub(squares, square(gradient)), k)
      return { u: neg(sum), rms: squares, momentum: sum, mg: gradient }
    },
  })

type Rmsprop<S extends string> = GradientTransformation<SlotState<S>>
interface NoMomentum {
  readonly momentum?: 0 | undefined
}
interface NotCentered {
  readonly centered?: false | undefined
}
interface Centered {
  readonly centered: true
}

/**
 * RMSprop as Keras's legacy optimizer has it: two formulas, chosen by whether there is momentum. Includes the rate, so
 * nothing follows in a chain.
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
 * optax has `eps` inside the root always, torch outside.
 * @example
 * import { kerasRmsprop } from 'tfjs-optax'
 * const tx = kerasRmsprop(1e-3, { momentum: 0.9, centered: true })
 */
export const kerasRmsprop: {
  (learningRate: Hyper, options?: KerasRmspropOptions & NoMomentum & NotCentered): Rmsprop<'rms'>
  (learningRate: Hyper, options: KerasRmspropOptions & NoMomentum & Centered): Rmsprop<'rms' | 'mg'>
  (learningRate: Hyper, options: KerasRmspropOptions & NotCentered): Rmsprop<'rms' | 'momentum'>
  (learningRate: Hyper, options: KerasRmspropOptions & Centered): Rmsprop<'rms' | 'momentum' | 'mg'>
  (learningRate: Hyper, options?: KerasRmspropOptions): GradientTransformation
} = /* @__PURE__ */ checked(
  { who: 'kerasRmsprop', takes: ['learningRate'], options },
  (learningRate: Hyper, { rho = 0.9, momentum = 0, eps = 1e-7, centered = false }: KerasRmspropOptions = {}) => {
    const given = { learningRate, rho, eps }
    const made =
      momentum === 0
        ? (centered ? plainCentered : plain)(given)
        : (centered ? withMomentumCentered : withMomentum)(given, momentum)
    return made as never // what the overloads say
  },
)
