import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { hyperOutOfRange } from '../errors.js'
import { neg, square } from '../rule/compose.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { finite, positive, type Hyper } from '../rule/hyper.js'

/** Options of `kerasAdagrad`. */
export interface KerasAdagradOptions {
  /** the initial sum of squares, at least 0, default 0.1 */
  readonly initialAccumulatorValue?: number
  /** added to the root, above 0, default 1e-7 */
  readonly eps?: Hyper
}

const options: Names<KerasAdagradOptions> = { initialAccumulatorValue: 'initialvalue', eps: 'epsilon' }

/**
 * Adagrad as in Keras's legacy optimizer. It includes the rate, so it ends a chain.
 *
 * `accumulator = accumulator + u^2;  u = -(u learningRate) / (sqrt(accumulator) + eps)`.
 *
 * State: `count`; `accumulator`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Duchi, Hazan and Singer 2011; Keras legacy Adagrad and TensorFlow's ApplyAdagradV2 kernel, bit for bit in
 * float32. optax puts `eps` inside the root.
 * @example
 * import { kerasAdagrad } from 'tfjs-optax'
 * const tx = kerasAdagrad(0.1, { initialAccumulatorValue: 0 })
 */
export const kerasAdagrad = /* @__PURE__ */ checked(
  { who: 'kerasAdagrad', takes: ['learningRate'], options },
  (learningRate: Hyper, { initialAccumulatorValue = 0.1, eps = 1e-7 }: KerasAdagradOptions = {}) => {
    const name = 'kerasAdagrad'
    if (!(initialAccumulatorValue >= 0 && initialAccumulatorValue < Infinity))
      throw hyperOutOfRange(name, 'initialAccumulatorValue', 'at least 0 and finite', initialAccumulatorValue)
    return ourElementwise({
      name,
      hyper: { learningRate: finite(learningRate), eps: positive(eps) },
      options: { initialAccumulatorValue },
      slots: { accumulator: initialAccumulatorValue },
      step: ({ u, accumulator }, { learningRate, eps }) => {
        const sum = add(accumulator, square(u))
        return { u: neg(div(mul(u, learningRate), add(sqrt(sum), eps))), accumulator: sum }
      },
    })
  },
)
