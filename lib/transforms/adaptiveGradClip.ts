import * as tf from '@tensorflow/tfjs-core'
import { select } from '../backends/recorded.js'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { axisNeeded } from '../errors/axes.js'
import { nonNegative, positive, type Hyper } from '../rule/hyper.js'
import { ourTensorwise } from '../tensorwise.js'
import { axesOf, axisOption, checkedAxes, type Axes } from './axes.js'
import { spread, sumOver } from './spread.js'

/** Options of `adaptiveGradClip`. */
export interface AdaptiveGradClipOptions {
  /** the least norm that a unit of the parameter is taken as, at least 0, default 1e-3 */
  readonly eps?: Hyper
  /** the axes that make up one unit; default by rank, see below */
  readonly axis?: Axes
}

const options: Names<AdaptiveGradClipOptions> = { eps: 'epsilon', axis: 'axes dim' }

/** The axes of one unit by the rank of the leaf. */
const unitOf = (who: string, leaf: tf.Tensor, path: string): readonly number[] => {
  const { shape, rank } = leaf
  if (shape.filter(n => n !== 1).length < 2) return shape.map((_, i) => i)
  if (rank > 5) throw axisNeeded(who, path, shape)
  return rank < 4 ? [0] : shape.slice(1).map((_, i) => i)
}

/**
 * Clips the updates of each unit, such as the weights into one neuron, to a part of the norm of its parameters.
 *
 * With `a` and `b` the norms of a unit of `p` and `u`: `limit = clipping max(a, eps);  u = u` if `b < limit`, else
 * `u (limit / max(b, 1e-6))`.
 *
 * A unit is the whole leaf if at most one of its axes is longer than 1. Otherwise it has axis 0 for rank 2 and 3, and
 * all axes but the last for rank 4 and 5, as tfjs's kernels have their outputs on the last axis. Say `axis` for others,
 * such as depthwise or transposed kernels, and for more axes. Runs as tfjs ops on every backend.
 *
 * State: `count`.
 *
 * @throws ValueError for a number out of its range, or, naming the path, for a leaf that does not have these axes, in
 * `init` too; TypeError for an `axis` that is none, an unknown option, or an update without parameters.
 * @source Brock et al. 2021, equation 3; optax `adaptive_grad_clip`.
 * @example
 * import { adaptiveGradClip, chain, scale } from 'tfjs-optax'
 * const tx = chain(adaptiveGradClip(0.01), scale(-0.1))
 */
export const adaptiveGradClip = /* @__PURE__ */ checked(
  { who: 'adaptiveGradClip', takes: ['clipping'], options },
  (clipping: Hyper, { eps = 1e-3, axis }: AdaptiveGradClipOptions = {}) => {
    const who = 'adaptiveGradClip'
    const given = axis === undefined ? null : checkedAxes(who, axis)
    const unit = (leaf: tf.Tensor, path: string): readonly number[] =>
      given === null ? unitOf(who, leaf, path) : axesOf(who, leaf, path, given)
    return ourTensorwise({
      name: who,
      hyper: { clipping: positive(clipping), eps: nonNegative(eps) },
      options: axisOption(axis),
      readsParams: true,
      check: (leaf, path) => {
        unit(leaf, path)
      },
      step: ({ u, p }, { clipping, eps }, path) => {
        if (p === undefined || u.size === 0) return { u }
        const axes = unit(u, path)
        const [ofP, ofU] = [p, u].map(x => tf.sqrt(sumOver(tf.square(x), axes))) as [tf.Tensor, tf.Tensor]
        const limit = tf.mul(atLeast(ofP, eps), clipping)
        const factor = select(() => tf.less(ofU, limit), tf.onesLike(ofU), tf.div(limit, atLeast(ofU, 1e-6)))
        return { u: tf.mul(u, spread(factor, u.shape)) }
      },
    })
  },
)

/** The greater of the two; NaN stays NaN, which `tf.maximum` does not keep on every backend. */
const atLeast = (x: tf.Tensor, least: number): tf.Tensor => select(() => tf.less(x, least), tf.fill(x.shape, least), x)
