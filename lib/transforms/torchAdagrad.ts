import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { neg, square } from '../rule/compose.js'
import { add, div, mul, sqrt } from '../rule/expr.js'
import { finite, nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { startAtLeast0 } from './start.js'

/** Options of `torchAdagrad`. */
export interface TorchAdagradOptions {
  /** how fast the rate falls: at step t it is `learningRate / (1 + (t-1) lrDecay)`; at least 0, default 0 */
  readonly lrDecay?: Hyper
  /** the initial sum of squares, at least 0, default 0 */
  readonly initialAccumulatorValue?: number
  /** added to the root, above 0, default 1e-10 */
  readonly eps?: Hyper
}

const options: Names<TorchAdagradOptions> = { lrDecay: '', initialAccumulatorValue: 'initialvalue', eps: 'epsilon' }

/**
 * Adagrad as in torch: `eps` is added to the root, and the rate may fall with the count. It includes the rate, so it ends
 * a chain; torch's `weight_decay` is `addDecayedWeights` before it.
 *
 * `sum = sum + u^2;  u = -learningRate / (1 + (t-1) lrDecay) u / (sqrt(sum) + eps)`
 *
 * State: `count`; `sum`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source Duchi, Hazan and Singer 2011; torch.optim.Adagrad. optax (`scaleByRss`) has `eps` under the root and starts at
 * 0.1; so does Keras 3; Keras's legacy class is `kerasAdagrad`.
 * @example
 * import { torchAdagrad } from 'tfjs-optax'
 * const tx = torchAdagrad(0.01, { lrDecay: 1e-3 })
 */
export const torchAdagrad = /* @__PURE__ */ checked(
  { who: 'torchAdagrad', takes: ['learningRate'], options },
  (learningRate: Hyper, { lrDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 }: TorchAdagradOptions = {}) =>
    ourElementwise({
      name: 'torchAdagrad',
      hyper: { learningRate: finite(learningRate), lrDecay: nonNegative(lrDecay), eps: positive(eps) },
      options: { initialAccumulatorValue },
      slots: { sum: startAtLeast0('torchAdagrad', 'initialAccumulatorValue', initialAccumulatorValue) },
      scalars: (t, { learningRate, lrDecay, eps }) => ({ rate: learningRate / (1 + (t - 1) * lrDecay), eps }),
      step: ({ u, sum: squares }, { rate, eps }) => {
        const sum = add(squares, square(u))
        return { u: neg(div(mul(rate, u), add(sqrt(sum), eps))), sum }
      },
    }),
)
