import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { square } from '../rule/compose.js'
import { add, div, sqrt } from '../rule/expr.js'
import { positive, type Hyper } from '../rule/hyper.js'
import { startAtLeast0 } from './start.js'

/** Options of `scaleByRss` and `adagrad`. */
export interface RssOptions {
  /** the initial sum of squares, at least 0, default 0.1 */
  readonly initialAccumulatorValue?: number
  /** added under the root, above 0, default 1e-7 */
  readonly eps?: Hyper
}

export const rssOptions: Names<RssOptions> = { initialAccumulatorValue: 'initialvalue', eps: 'epsilon' }

/**
 * Divides by the root of the sum of all squares so far.
 *
 * `sumOfSquares = sumOfSquares + u^2;  u = u / sqrt(sumOfSquares + eps)`
 *
 * State: `count`; `sumOfSquares`, float32 of the parameter's shape, 4 bytes per parameter.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one.
 * @source Duchi, Hazan and Singer 2011; optax `scale_by_rss`, and Adagrad of Keras 3. `eps` is under the root; torch
 * (`torchAdagrad`) and Keras's legacy class (`kerasAdagrad`) add it to the root.
 * @example
 * import { chain, scaleByLearningRate, scaleByRss } from 'tfjs-optax'
 * const tx = chain(scaleByRss({ initialAccumulatorValue: 0 }), scaleByLearningRate(0.1))
 */
export const scaleByRss = /* @__PURE__ */ checked(
  { who: 'scaleByRss', takes: [], options: rssOptions },
  ({ initialAccumulatorValue = 0.1, eps = 1e-7 }: RssOptions = {}) =>
    ourElementwise({
      name: 'scaleByRss',
      hyper: { eps: positive(eps) },
      options: { initialAccumulatorValue },
      slots: { sumOfSquares: startAtLeast0('scaleByRss', 'initialAccumulatorValue', initialAccumulatorValue) },
      step: ({ u, sumOfSquares }, { eps }) => {
        const sum = add(sumOfSquares, square(u))
        return { u: div(u, sqrt(add(sum, eps))), sumOfSquares: sum }
      },
    }),
)
