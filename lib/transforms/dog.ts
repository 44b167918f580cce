/** The step sizes of DoG and DoWG: how far the parameters have come, over the norms of the gradients. */
import { cellRunner } from '../cellRunner.js'
import { ourElementwise } from '../elementwise.js'
import { max, square } from '../rule/compose.js'
import { add, div, lt, mul, select, sqrt, sub } from '../rule/expr.js'
import { positive, type Hyper } from '../rule/hyper.js'

/** What the first step size is made of. */
export type FirstStepKind = 'heuristic' | 'distance' | 'learningRate'
export const firstStepKinds: readonly FirstStepKind[] = ['heuristic', 'distance', 'learningRate']

/** `r = max(r, |p - p0|);  G = G + |u|^2;  u = r / sqrt(G + eps) u`, with norms over all leaves. */
export const scaleByDog = (initStep: FirstStepKind, initValue: Hyper, eps: Hyper) =>
  ourElementwise(
    {
      name: 'scaleByDog',
      hyper: { initValue: positive(initValue), eps: positive(eps) },
      options: { initStep },
      slots: { initParams: ({ p }) => p },
      cells: { maxDist: { over: 'tree', first: 0 }, sumSqNormGrads: { over: 'tree', first: 0 } },
      totals: {
        start: { over: 'tree', of: ({ initParams }) => square(initParams) },
        moved: { over: 'tree', of: ({ p, initParams }) => square(sub(p, initParams)) },
        uu: { over: 'tree', of: ({ u }) => square(u) },
      },
      step: ({ u, initParams, start, moved, uu, ...x }, { initValue, eps }) => {
        const far = max(x.maxDist, sqrt(moved))
        const least = { heuristic: mul(initValue, add(1, sqrt(start))), distance: initValue, learningRate: 0 }[initStep]
        const maxDist = initStep === 'learningRate' ? far : max(far, least)
        const sumSqNormGrads = add(x.sumSqNormGrads, uu)
        const size = div(maxDist, sqrt(add(sumSqNormGrads, eps)))
        // Until something has moved: optax takes the first step size at the first step only, so zeros there stop it for ever.
        const now = initStep === 'learningRate' ? select(lt(0, maxDist), size, initValue) : size
        return { u: mul(now, u), initParams, maxDist, sumSqNormGrads }
      },
    },
    { cellRunner },
  )

/** `d = max(d, |p - p0|^2);  v = v + d |u|^2;  u = d / (sqrt(v) + eps) u`, with norms over all leaves. */
export const scaleByDowg = (initEstimSqDist: Hyper, eps: Hyper) =>
  ourElementwise(
    {
      name: 'scaleByDowg',
      hyper: { initEstimSqDist: positive(initEstimSqDist), eps: positive(eps) },
      slots: { initParams: ({ p }) => p },
      cells: { estimSqDist: { over: 'tree', first: 0 }, weightedSqNormGrads: { over: 'tree', first: 0 } },
      totals: {
        moved: { over: 'tree', of: ({ p, initParams }) => square(sub(p, initParams)) },
        uu: { over: 'tree', of: ({ u }) => square(u) },
      },
      step: ({ u, initParams, moved, uu, ...x }, { initEstimSqDist, eps }) => {
        const estimSqDist = max(max(x.estimSqDist, initEstimSqDist), moved)
        const weightedSqNormGrads = add(x.weightedSqNormGrads, mul(estimSqDist, uu))
        const size = div(estimSqDist, add(sqrt(weightedSqNormGrads), eps))
        return { u: mul(size, u), initParams, estimSqDist, weightedSqNormGrads }
      },
    },
    { cellRunner },
  )
