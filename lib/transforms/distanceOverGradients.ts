import { checked } from '../call/checked.js'
import type { Names } from '../call/signature.js'
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { max, square } from '../rule/compose.js'
import { add, div, mul, sqrt, sub } from '../rule/expr.js'
import { finite, positive, type Hyper } from '../rule/hyper.js'

/** Options of `scaleByDistanceOverGradients`. */
export interface DistanceOverGradientsOptions {
  /** the first distance, relative to `1 + |p|`, above 0, default 1e-6; with batch normalization 1e-4 is advised */
  readonly repsRel?: Hyper
  /** added to the sum of squares, above 0, default 1e-8 */
  readonly eps?: Hyper
  /** a factor of the step size, default 1; -1 goes downhill without another link */
  readonly globalScale?: Hyper
}

const options: Names<DistanceOverGradientsOptions> = { repsRel: 'repsrel', eps: 'epsilon', globalScale: 'scale' }

/**
 * Scales the update of each leaf by how far its parameter has come, over the norm of all its updates: DoG layer by
 * layer, without a learning rate.
 *
 * `d = max(d, |p - p0|)`, at least `repsRel (1 + |p0|)`;  `s = s + |u|^2;  u = globalScale d / sqrt(s + eps) u`, with
 * norms of the leaf. An average of the parameters is advised for evaluation.
 *
 * State: `count`; `initParams`, the parameters of `init`, float32 of the parameter's shape, 4 bytes per parameter;
 * `maxDist` and `gradSumOfSquares`, a float32 scalar for each leaf.
 *
 * @throws ValueError for an option out of its range; TypeError for an unknown one, or an update without parameters.
 * @source Ivgi et al. 2023, section 3.3 (L-DoG); optax `scale_by_distance_over_gradients`.
 * @example
 * import { scaleByDistanceOverGradients } from 'tfjs-optax'
 * const tx = scaleByDistanceOverGradients({ globalScale: -1 })
 */
export const scaleByDistanceOverGradients = /* @__PURE__ */ checked(
  { who: 'scaleByDistanceOverGradients', takes: [], options },
  ({ repsRel = 1e-6, eps = 1e-8, globalScale = 1 }: DistanceOverGradientsOptions = {}) =>
    ourElementwise(
      {
        name: 'scaleByDistanceOverGradients',
        hyper: { repsRel: positive(repsRel), eps: positive(eps), globalScale: finite(globalScale) },
        slots: { initParams: ({ p }) => p },
        cells: { maxDist: { over: 'leaf', first: 0 }, gradSumOfSquares: { over: 'leaf', first: 0 } },
        totals: {
          start: { over: 'leaf', of: ({ initParams }) => square(initParams) },
          moved: { over: 'leaf', of: ({ p, initParams }) => square(sub(p, initParams)) },
          uu: { over: 'leaf', of: ({ u }) => square(u) },
        },
        step: ({ u, initParams, start, moved, uu, ...x }, { repsRel, eps, globalScale }) => {
          // The least distance is taken at every step, so that a leaf that appears later has it too.
          const least = mul(repsRel, add(1, sqrt(start)))
          const maxDist = max(max(x.maxDist, least), sqrt(moved))
          const gradSumOfSquares = add(x.gradSumOfSquares, uu)
          const size = mul(globalScale, div(maxDist, sqrt(add(gradSumOfSquares, eps))))
          return { u: mul(size, u), initParams, maxDist, gradSumOfSquares }
        },
      },
      { cellRunner },
    ),
)
