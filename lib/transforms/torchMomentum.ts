import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { add, mul } from '../rule/expr.js'
import { finite, nonNegative, type Hyper } from '../rule/hyper.js'

/** Options of `torchMomentum`. */
export interface TorchMomentumOptions {
  /** the share of each update but the first that is left out of the sum, finite, default 0 */
  readonly dampening?: Hyper
  /** whether to look one step ahead, default false */
  readonly nesterov?: boolean
}

export const torchMomentumOptions: Names<TorchMomentumOptions> = { dampening: '', nesterov: '' }

/**
 * Momentum as in torch's SGD: with dampening, which the first step does not have.
 *
 * `momentumBuffer = momentum momentumBuffer + (1-dampening) u`, at the first step `momentumBuffer = u`;
 * `u = momentumBuffer`, or with Nesterov `u = u + momentum momentumBuffer`. Without dampening it is `trace`.
 *
 * State: `count`; `momentumBuffer`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for a number out of its range; TypeError for an unknown option.
 * @source torch.optim.SGD, which refuses dampening with Nesterov. optax's `trace` and Keras's momentum have no dampening.
 * @example
 * import { chain, scaleByLearningRate, torchMomentum } from 'tfjs-optax'
 * const tx = chain(torchMomentum(0.9, { dampening: 0.1 }), scaleByLearningRate(0.1))
 */
export const torchMomentum = /* @__PURE__ */ checked(
  { who: 'torchMomentum', takes: ['momentum'], options: torchMomentumOptions },
  (momentum: Hyper, { dampening = 0, nesterov = false }: TorchMomentumOptions = {}) =>
    ourElementwise({
      name: 'torchMomentum',
      hyper: { momentum: nonNegative(momentum), dampening: finite(dampening) },
      options: { nesterov },
      slots: { momentumBuffer: 0 },
      scalars: (t, { momentum, dampening }) => ({ momentum, share: t === 1 ? 1 : 1 - dampening }),
      step: ({ u, momentumBuffer }, { momentum, share }) => {
        const sum = add(mul(momentum, momentumBuffer), mul(share, u))
        return { u: nesterov ? add(u, mul(momentum, sum)) : sum, momentumBuffer: sum }
      },
    }),
)
