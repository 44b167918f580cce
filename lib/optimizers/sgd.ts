import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { chain, type ChainState } from '../chain.js'
import type { Hyper } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { scaleByLearningRate } from '../transforms/scale.js'
import { trace } from '../transforms/trace.js'

type Trace = ReturnType<typeof trace>
type RateLink = ReturnType<typeof scaleByLearningRate>

/** Options of `sgd`. */
export interface SgdOptions {
  /** weight of the past updates, in [0, 1); without it there is no momentum and no slot */
  readonly momentum?: Hyper
  /** Nesterov's momentum, default false */
  readonly nesterov?: boolean
}

const options: Names<SgdOptions> = { momentum: 'decay', nesterov: '' }

/**
 * Stochastic gradient descent: `trace(momentum)` if there is momentum, then `scaleByLearningRate`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source optax `sgd`, with momentum before the rate.
 * @example
 * import { sgd } from 'tfjs-optax'
 * const plain = sgd(0.1)
 * const momentum = sgd(0.1, { momentum: 0.9, nesterov: true })
 */
export const sgd: {
  (
    learningRate: Hyper,
    options: SgdOptions & { readonly momentum: Hyper },
  ): GradientTransformation<ChainState<readonly [Trace, RateLink]>>
  (
    learningRate: Hyper,
    options?: { readonly momentum?: never },
  ): GradientTransformation<ChainState<readonly [RateLink]>>
  (
    learningRate: Hyper,
    options: { readonly [K in keyof SgdOptions]?: SgdOptions[K] | undefined },
  ): GradientTransformation
} = /* @__PURE__ */ checked(
  { who: 'sgd', takes: ['learningRate'], options },
  (
    learningRate: Hyper,
    { momentum, nesterov = false }: { readonly [K in keyof SgdOptions]?: SgdOptions[K] | undefined } = {},
  ) => {
    const rate = scaleByLearningRate(learningRate)
    return (momentum === undefined ? chain(rate) : chain(trace(momentum, { nesterov }), rate)) as never
  },
)
