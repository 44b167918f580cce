import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { badArgument } from '../errors.js'
import { max, min, square } from '../rule/compose.js'
import { add, div, lt, mul, select, sub } from '../rule/expr.js'
import { finite, nonNegative, positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByPolyak`. */
export interface PolyakOptions {
  /** a lower bound of the loss, finite, default 0; far below the minimum the steps are too large */
  readonly fMin?: Hyper
  /** the greatest step size, above 0, default 1 */
  readonly maxLearningRate?: Hyper
  /** added to the squared norm, at least 0, default 0 */
  readonly eps?: Hyper
  /** 'sps' (the default), or 'sps+': a loss below `fMin` gives no step instead of one uphill */
  readonly variant?: 'sps' | 'sps+'
}

export const polyakOptions: Names<PolyakOptions> = {
  fMin: 'fstar flow',
  maxLearningRate: 'maxlr learningrate lr',
  eps: 'epsilon delta',
  variant: '',
}

/** A squared norm up to this gives no step: optax takes it for zero. */
export const noNorm = 2 ** -52

/**
 * Scales updates by Polyak's step size, which follows from the loss and the norm of the gradient.
 *
 * `u = min((value - fMin) / (|u|^2 + eps), maxLearningRate) u` with `|u|` over all leaves; 0 if `|u|^2 + eps` is at most
 * 2.2e-16. `value` is the loss, which `minimize` and `fit` of `asOptimizer` pass; give it to `update` and `makeStep` as
 * `{ value }`, a number or a float32 scalar, the last argument. A scalar stays on the device.
 *
 * State: `count`.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or a step without `value`.
 * @source Loizou et al. 2021, equation 4; Garrigos et al. 2023 ('sps+'); optax `scale_by_polyak`.
 * @example
 * import * as tf from '@tensorflow/tfjs-core'
 * import '@tensorflow/tfjs-backend-cpu'
 * import { chain, scale, scaleByPolyak } from 'tfjs-optax'
 * const tx = chain(scaleByPolyak({ maxLearningRate: 0.5 }), scale(-1))
 * const [params, gradients] = [{ w: tf.tensor1d([1, 2]) }, { w: tf.tensor1d([2, 4]) }]
 * const [updates] = tx.update(gradients, tx.init(params), params, { value: 5 })
 * // updates.w is [-0.5, -1]
 */
export const scaleByPolyak = /* @__PURE__ */ checked(
  { who: 'scaleByPolyak', takes: [], options: polyakOptions },
  ({ fMin = 0, maxLearningRate = 1, eps = 0, variant = 'sps' }: PolyakOptions = {}) => {
    if (!['sps', 'sps+'].includes(variant)) throw badArgument('scaleByPolyak', 'variant', "'sps' or 'sps+'", variant)
    return ourElementwise(
      {
        name: 'scaleByPolyak',
        hyper: { fMin: finite(fMin), maxLearningRate: positive(maxLearningRate), eps: nonNegative(eps) },
        options: { variant },
        extras: ['value'],
        totals: { uu: { over: 'tree', of: ({ u }) => square(u) } },
        step: ({ u, uu, value }, { fMin, maxLearningRate, eps }) => {
          const gap = sub(value, fMin)
          const norm = add(uu, eps)
          const size = min(div(variant === 'sps' ? gap : max(gap, 0), norm), maxLearningRate)
          return { u: mul(select(lt(noNorm, norm), size, 0), u) }
        },
      },
      { cellRunner },
    )
  },
)
