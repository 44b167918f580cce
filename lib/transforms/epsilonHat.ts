import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { add, div, isFinite, lt, mul, select, sqrt, sub, type Expr } from '../rule/expr.js'
import { max, neg, square } from '../rule/compose.js'
import { anyNumber, decayRate, finite, positive, type Hyper } from '../rule/hyper.js'
import type { Symbols } from '../rule/definition.js'
import type { GradientTransformation } from '../transform.js'

/** Options of Keras's legacy Adam. */
export interface EpsilonHatOptions {
  /** weight of the past in the mean of gradients, in [0, 1), default 0.9 */
  readonly b1?: Hyper
  /** weight of the past in the mean of squares, in [0, 1), default 0.999 */
  readonly b2?: Hyper
  /** added to the uncorrected root, above 0, default 1e-7 */
  readonly eps?: Hyper
}

const options: Names<EpsilonHatOptions> = { b1: 'beta1 betas', b2: 'beta2 betas', eps: 'epsilon' }

const hypers = (learningRate: Hyper, b1: Hyper, b2: Hyper, eps: Hyper) => ({
  learningRate: finite(learningRate),
  b1: decayRate(b1),
  b2: decayRate(b2),
  eps: positive(eps),
})

/** The same hyperparameters without ranges, since TensorFlow accepts any number. */
const unchecked = (learningRate: Hyper, b1: Hyper, b2: Hyper, eps: Hyper) => ({
  learningRate: anyNumber(learningRate),
  b1: anyNumber(b1),
  b2: anyNumber(b2),
  eps: anyNumber(eps),
})

const { fround } = Math

/** Each operation is rounded to float32, as Keras computes its scalars, to give the same bits. */
const scalars = (
  t: number,
  { learningRate, b1, b2, eps }: Readonly<Record<keyof ReturnType<typeof hypers>, number>>,
) => {
  const [lr, beta1, beta2] = [fround(learningRate), fround(b1), fround(b2)]
  const left1 = fround(1 - fround(beta1 ** t))
  const left2 = fround(1 - fround(beta2 ** t))
  return {
    eps,
    alpha: fround(fround(lr * fround(Math.sqrt(left2))) / left1),
    new1: fround(1 - beta1),
    new2: fround(1 - beta2),
  }
}

/** The scalars of Keras's kernel for sparse gradients. */
const sparseScalars = (t: number, hyper: Parameters<typeof scalars>[1]) => {
  const [beta1, beta2] = [fround(hyper.b1), fround(hyper.b2)]
  const correction = fround(fround(Math.sqrt(fround(1 - fround(beta2 ** t)))) / fround(1 - fround(beta1 ** t)))
  return { ...scalars(t, hyper), alpha: fround(fround(hyper.learningRate) * correction), keep1: beta1, keep2: beta2 }
}

/** `mean + (x - mean) weight`: a moving average, rounded as in TensorFlow's kernel. */
const towards = (mean: Expr, x: Expr, weight: Expr): Expr => add(mean, mul(sub(x, mean), weight))
const descent = (m: Expr, v: Expr, alpha: Expr, eps: Expr): Expr => neg(div(mul(m, alpha), add(sqrt(v), eps)))

const adamRule = (hyper: ReturnType<typeof hypers>) =>
  ourElementwise({
    name: 'adamEpsilonHat',
    hyper,
    slots: { m: 0, v: 0 },
    scalars,
    step: ({ u, m, v }, { alpha, new1, new2, eps }) => {
      const mean = towards(m, u, new1)
      const squares = towards(v, square(u), new2)
      return { u: descent(mean, squares, alpha, eps), m: mean, v: squares }
    },
  })

const amsgradRule = (hyper: ReturnType<typeof hypers>) =>
  ourElementwise({
    name: 'amsgradEpsilonHat',
    hyper,
    slots: { m: 0, v: 0, vhat: 0 },
    scalars,
    step: ({ u, m, v, vhat }, { alpha, new1, new2, eps }) => {
      const mean = towards(m, u, new1)
      const squares = towards(v, square(u), new2)
      const most = max(vhat, squares)
      return { u: descent(mean, most, alpha, eps), m: mean, v: squares, vhat: most }
    },
  })

/**
 * Adam as in Keras's legacy optimizer: `eps` is added to the uncorrected root ("epsilon hat"), and the corrections go
 * into the rate. It includes the rate, so it ends a chain.
 *
 * `m = m + (u - m)(1 - b1);  v = v + (u^2 - v)(1 - b2);  u = -m alpha / (sqrt(v) + eps)` with
 * `alpha = learningRate sqrt(1 - b2^t) / (1 - b1^t)`, scalars in float32.
 *
 * State: `count`; `m` and `v`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Kingma and Ba 2015, end of section 2; Keras legacy Adam and TensorFlow's ApplyAdam kernel, bit for bit in
 * float32. `scaleByAdam` is the form of optax and torch.
 * @example
 * import { adamEpsilonHat } from 'tfjs-optax'
 * const tx = adamEpsilonHat(1e-3)
 */
export const adamEpsilonHat = /* @__PURE__ */ checked(
  { who: 'adamEpsilonHat', takes: ['learningRate'], options },
  (learningRate: Hyper, { b1 = 0.9, b2 = 0.999, eps = 1e-7 }: EpsilonHatOptions = {}) =>
    adamRule(hypers(learningRate, b1, b2, eps)),
)

/**
 * `adamEpsilonHat` whose denominator never shrinks: it keeps the greatest `v` seen, uncorrected.
 *
 * `m, v` as in `adamEpsilonHat`;  `vhat = max(vhat, v);  u = -m alpha / (sqrt(vhat) + eps)`
 *
 * State: `count`; `m`, `v` and `vhat`, float32 of the parameter's shape, 4 bytes per parameter each.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Reddi, Kale and Kumar 2018; Keras legacy Adam with `amsgrad=True`. `scaleByAmsgrad` corrects `v` first.
 * @example
 * import { amsgradEpsilonHat } from 'tfjs-optax'
 * const tx = amsgradEpsilonHat(1e-3, { b2: 0.99 })
 */
export const amsgradEpsilonHat = /* @__PURE__ */ checked(
  { who: 'amsgradEpsilonHat', takes: ['learningRate'], options },
  (learningRate: Hyper, { b1 = 0.9, b2 = 0.999, eps = 1e-7 }: EpsilonHatOptions = {}) =>
    amsgradRule(hypers(learningRate, b1, b2, eps)),
)

/** TensorFlow's `maximum`, used by the form for sparse gradients: NaN if either operand is. */
const maxOrNaN = (a: Expr, b: Expr): Expr => select(lt(a, b), b, select(lt(b, a), a, select(isFinite(a), b, add(a, b))))

/** Selects one of Keras's forms; `unchecked` accepts numbers out of range, as TensorFlow does. */
export interface EpsilonHatForm {
  readonly amsgrad: boolean
  readonly sparse: boolean
  readonly unchecked: boolean
}

/**
 * The rule of Keras's Adam in any of its forms, which all have the same state. The form for sparse gradients writes the
 * averages and the rate as other products, so that rows without a gradient decay by one multiplication.
 */
export const epsilonHatOf = (
  learningRate: Hyper,
  { b1 = 0.9, b2 = 0.999, eps = 1e-7 }: EpsilonHatOptions,
  { amsgrad, sparse, unchecked: anything }: EpsilonHatForm,
): GradientTransformation => {
  const hyper = (anything ? unchecked : hypers)(learningRate, b1, b2, eps)
  if (!sparse) return amsgrad ? amsgradRule(hyper) : adamRule(hyper)
  const step = (u: Expr, m: Expr, v: Expr, k: Symbols<'keep1' | 'keep2' | 'new1' | 'new2'>) => ({
    m: add(mul(m, k.keep1), mul(u, k.new1)),
    v: add(mul(v, k.keep2), mul(square(u), k.new2)),
  })
  if (!amsgrad)
    return ourElementwise({
      name: 'adamEpsilonHat',
      hyper,
      slots: { m: 0, v: 0 },
      scalars: sparseScalars,
      step: ({ u, m, v }, k) => {
        const next = step(u, m, v, k)
        return { u: descent(next.m, next.v, k.alpha, k.eps), ...next }
      },
    })
  return ourElementwise({
    name: 'amsgradEpsilonHat',
    hyper,
    slots: { m: 0, v: 0, vhat: 0 },
    scalars: sparseScalars,
    step: ({ u, m, v, vhat }, k) => {
      const next = step(u, m, v, k)
      const most = maxOrNaN(vhat, next.v)
      return { u: descent(next.m, most, k.alpha, k.eps), ...next, vhat: most }
    },
  })
}
