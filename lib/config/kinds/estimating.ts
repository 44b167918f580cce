/** Configs of transformations whose step sizes follow from distances, norms and losses. */
import { scaleByDistanceOverGradients } from '../../transforms/distanceOverGradients.js'
import { firstStepKinds, scaleByDog, scaleByDowg } from '../../transforms/dog.js'
import { novogradNorm, scaleByNovograd } from '../../transforms/novograd.js'
import { scaleByPolyak } from '../../transforms/polyak.js'
import { belowOne, reduceOnPlateau, share, wholeFrom0, wholeFrom1 } from '../../transforms/reduceOnPlateau.js'
import { kind, options } from '../kind.js'
import type { Parts, TransformKinds } from '../parts.js'
import { choice, positiveSteps } from '../values.js'

/** The options of NovoGrad and of Polyak's step size. */
export const novogradOptions = ({ h }: Parts) => ({
  b1: h.decayRate,
  b2: h.decayRate,
  eps: h.positive,
  epsRoot: h.nonNegative,
  weightDecay: h.finite,
})
export const polyakOptions = ({ h }: Parts) => ({
  fMin: h.finite,
  maxLearningRate: h.positive,
  eps: h.nonNegative,
  variant: choice('sps', 'sps+'),
})
export const firstStep = choice(...firstStepKinds)

export const estimatingKinds = (parts: Parts): TransformKinds => {
  const { h, of } = parts
  const { b2, eps, epsRoot } = novogradOptions(parts)
  return {
    scaleByNovograd: kind(options({}, novogradOptions(parts)), scaleByNovograd),
    scaleByPolyak: kind(options({}, polyakOptions(parts)), scaleByPolyak),
    scaleByDistanceOverGradients: kind(
      options({}, { repsRel: h.positive, eps: h.positive, globalScale: h.finite }),
      scaleByDistanceOverGradients,
    ),
    reduceOnPlateau: kind(
      options(
        {},
        {
          factor: of(belowOne),
          patience: of(wholeFrom1),
          rtol: of(share),
          atol: h.nonNegative,
          cooldown: of(wholeFrom0),
          accumulationSize: positiveSteps,
          minScale: h.nonNegative,
        },
      ),
      reduceOnPlateau,
    ),
    // the links of `scaleByNovograd`, `dog` and `dowg`
    novogradNorm: kind(options({}, { b2, eps, epsRoot }), novogradNorm),
    scaleByDog: kind(options({ initStep: firstStep, initValue: h.positive, eps: h.positive }, {}), o =>
      scaleByDog(o.initStep, o.initValue, o.eps),
    ),
    scaleByDowg: kind(options({ initEstimSqDist: h.positive, eps: h.positive }, {}), o =>
      scaleByDowg(o.initEstimSqDist, o.eps),
    ),
  }
}
