import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { mul, sub } from '../rule/expr.js'
import { finite, type Hyper, type HyperSpec } from '../rule/hyper.js'

/** Options of `kerasMomentum`. */
export interface KerasMomentumOptions {
  /** weight of the past, in [0, 1], default 0.9 */
  readonly momentum?: Hyper
  /** whether to look one step ahead, default false */
  readonly nesterov?: boolean
}

const options: Names<KerasMomentumOptions> = { momentum: 'decay', nesterov: '' }

/** The range of momentum: Keras accepts 1 as well. */
export const upToOne = (value: Hyper): HyperSpec => ({
  value,
  expected: 'in [0, 1]',
  holds: v => v >= 0 && v <= 1,
})

/**
 * Momentum as in Keras's legacy SGD: the slot sums steps, not gradients, so a new rate does not rescale past ones. It
 * includes the rate, so it ends a chain.
 *
 * `momentum' = momentum' momentum - u learningRate;  u = momentum'`, or with Nesterov
 * `u = momentum' momentum - u learningRate`, where `momentum'` is the slot.
 *
 * State: `count`; `momentum`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError if the rate is not finite or `momentum` not in [0, 1]; TypeError for an unknown option.
 * @source Sutskever et al. 2013; Keras legacy SGD and TensorFlow's ApplyKerasMomentum kernel, bit for bit in float32.
 * Keras's SGD without momentum has no slot: that is `scaleByLearningRate`. `trace` is the form of optax and torch.
 * @example
 * import { kerasMomentum } from 'tfjs-optax'
 * const tx = kerasMomentum(0.01, { momentum: 0.9, nesterov: true })
 */
export const kerasMomentum = /* @__PURE__ */ checked(
  { who: 'kerasMomentum', takes: ['learningRate'], options },
  (learningRate: Hyper, { momentum = 0.9, nesterov = false }: KerasMomentumOptions = {}) =>
    ourElementwise({
      name: 'kerasMomentum',
      hyper: { learningRate: finite(learningRate), momentum: upToOne(momentum) },
      options: { nesterov },
      slots: { momentum: 0 },
      scalars: (_t, { learningRate, momentum }) => ({ learningRate, share: momentum }),
      step: ({ u, momentum }, { learningRate, share }) => {
        const way = mul(u, learningRate)
        const sum = sub(mul(momentum, share), way)
        return { u: nesterov ? sub(mul(sum, share), way) : sum, momentum: sum }
      },
    }),
)
