import * as tf from '@tensorflow/tfjs-core'
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourTensorwise } from '../tensorwise.js'
import { axesOf, axisOption, checkedAxes, type Axes } from './axes.js'
import { meanOver, spread } from './spread.js'

/** Options of `centralize`. */
export interface CentralizeOptions {
  /** the axes that the mean is taken over, default all but the first */
  readonly axis?: Axes
}

const options: Names<CentralizeOptions> = { axis: 'axes dim' }

/**
 * Subtracts from the updates of matrices and tensors of more axes their mean over all axes but the first; scalars and
 * vectors stay as they are.
 *
 * Kernels of tfjs have their outputs on the last axis. The mean per output, as in the paper, is `{ axis: 0 }` for dense
 * kernels and `{ axis: [0, 1, 2] }` for those of 2-D convolutions. With `axis` every leaf of two axes or more must have
 * these. Runs as tfjs ops on every backend.
 *
 * State: `count`.
 *
 * @throws TypeError for an `axis` that is none, or an unknown option; ValueError, naming the path, for a leaf that does
 * not have these axes, in `init` too.
 * @source Yong et al. 2020, equation 1; optax `centralize`, which has no `axis`.
 * @example
 * import { centralize, chain, scale } from 'tfjs-optax'
 * const tx = chain(centralize({ axis: 0 }), scale(-0.1))
 */
export const centralize = /* @__PURE__ */ checked(
  { who: 'centralize', takes: [], options },
  ({ axis }: CentralizeOptions = {}) => {
    const who = 'centralize'
    const given = axis === undefined ? null : checkedAxes(who, axis)
    const reduced = (leaf: tf.Tensor, path: string): readonly number[] =>
      leaf.rank < 2 ? [] : given === null ? leaf.shape.slice(1).map((_, i) => i + 1) : axesOf(who, leaf, path, given)
    return ourTensorwise({
      name: who,
      options: axisOption(axis),
      check: (leaf, path) => {
        reduced(leaf, path)
      },
      step: ({ u }, _scalars, path) => {
        const axes = reduced(u, path)
        return { u: axes.length === 0 || u.size === 0 ? u : tf.sub(u, spread(meanOver(u, axes), u.shape)) }
      },
    })
  },
)
