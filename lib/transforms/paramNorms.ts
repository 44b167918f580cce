/** Scales the update of each leaf by the size of its parameter. */
import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { ourElementwise } from '../elementwise.js'
import { max, square } from '../rule/compose.js'
import { mul, sqrt } from '../rule/expr.js'
import { nonNegative, type Hyper } from '../rule/hyper.js'
import { rmsOf, sizeOfLeaf } from './blockRms.js'

/** Options of `scaleByParamBlockNorm` and `scaleByParamBlockRms`. */
export interface ParamScaleOptions {
  /** the least factor, at least 0, default 1e-3: parameters that are 0 can move */
  readonly minScale?: Hyper
}

const options: Names<ParamScaleOptions> = { minScale: 'min' }

/**
 * Multiplies the update of each leaf by the norm of its parameter.
 *
 * `u = u max(sqrt(sum of p^2 over the leaf), minScale)`. State: `count`.
 *
 * @throws ValueError if `minScale` is negative; TypeError for an unknown option, or an update without parameters.
 * @source optax `scale_by_param_block_norm`.
 * @example
 * import { chain, scale, scaleByParamBlockNorm } from 'tfjs-optax'
 * const tx = chain(scaleByParamBlockNorm({ minScale: 1e-2 }), scale(-0.01))
 */
export const scaleByParamBlockNorm = /* @__PURE__ */ checked(
  { who: 'scaleByParamBlockNorm', takes: [], options },
  ({ minScale = 1e-3 }: ParamScaleOptions = {}) =>
    ourElementwise({
      name: 'scaleByParamBlockNorm',
      hyper: { minScale: nonNegative(minScale) },
      totals: { pp: { over: 'leaf', of: ({ p }) => square(p) } },
      step: ({ u, pp }, { minScale }) => ({ u: mul(u, max(sqrt(pp), minScale)) }),
    }),
)

/**
 * Multiplies the update of each leaf by the root mean square of its parameter: a rate that is relative to the weights.
 *
 * `u = u max(sqrt(mean of p^2 over the leaf), minScale)`. State: `count`.
 *
 * @throws ValueError if `minScale` is negative; TypeError for an unknown option, or an update without parameters.
 * @source Shazeer and Stern 2018, algorithm 5; optax `scale_by_param_block_rms`.
 * @example
 * import { chain, scale, scaleByParamBlockRms } from 'tfjs-optax'
 * const tx = chain(scaleByParamBlockRms(), scale(-0.01))
 */
export const scaleByParamBlockRms = /* @__PURE__ */ checked(
  { who: 'scaleByParamBlockRms', takes: [], options },
  ({ minScale = 1e-3 }: ParamScaleOptions = {}) =>
    ourElementwise({
      name: 'scaleByParamBlockRms',
      hyper: { minScale: nonNegative(minScale) },
      totals: { pp: { over: 'leaf', of: ({ p }) => square(p) }, size: sizeOfLeaf },
      step: ({ u, pp, size }, { minScale }) => ({ u: mul(u, max(rmsOf(pp, size), minScale)) }),
    }),
)
