/** Configs of the elementary transformations. */
import { scaleByAdam } from '../../transforms/adam.js'
import { clip, clipByGlobalNorm, clipByNorm } from '../../transforms/clip.js'
import { applyEvery } from '../../transforms/applyEvery.js'
import { addDecayedWeights } from '../../transforms/decay.js'
import { emaOfParams } from '../../transforms/emaOfParams.js'
import { keepParamsNonnegative } from '../../transforms/keepParamsNonnegative.js'
import { setToZero } from '../../transforms/setToZero.js'
import { zeroNans } from '../../transforms/zeroNans.js'
import { adamEpsilonHat, amsgradEpsilonHat } from '../../transforms/epsilonHat.js'
import { scaleByNadam } from '../../transforms/nadam.js'
import { scale, scaleByLearningRate, scaleBySchedule } from '../../transforms/scale.js'
import { trace } from '../../transforms/trace.js'
import { kind, options } from '../kind.js'
import { mask } from '../masks.js'
import { adamOptionsOf, momentsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { flag, positiveSteps } from '../values.js'

export const transformKinds = (parts: Parts): TransformKinds => {
  const { schedule, h, one } = parts
  const [rate, moments, adamOptions] = [rateOf(parts), momentsOf(parts), adamOptionsOf(parts)]
  return {
    clip: one('maxDelta', h.positive, clip),
    clipByNorm: one('maxNorm', h.positive, clipByNorm),
    clipByGlobalNorm: one('maxNorm', h.positive, clipByGlobalNorm),
    setToZero: kind(options({}, {}), () => setToZero()),
    zeroNans: kind(options({}, {}), () => zeroNans()),
    keepParamsNonnegative: kind(options({}, {}), () => keepParamsNonnegative()),
    applyEvery: kind(options({}, { k: positiveSteps }), ({ k }) => applyEvery(k)),
    emaOfParams: one('decay', h.decayRate, emaOfParams),
    scale: one('stepSize', h.finite, scale),
    scaleBySchedule: kind(options({ stepSizeFn: schedule }, {}), o => scaleBySchedule(o.stepSizeFn)),
    scaleByLearningRate: kind(options(rate, { flipSign: flag }), ({ learningRate, ...rest }) =>
      scaleByLearningRate(learningRate, rest),
    ),
    trace: kind(options({ decay: h.decayRate }, { nesterov: flag }), ({ decay, ...rest }) => trace(decay, rest)),
    addDecayedWeights: kind(options({}, { weightDecay: h.finite, mask }), ({ weightDecay, ...rest }) =>
      addDecayedWeights(weightDecay, rest),
    ),
    scaleByAdam: kind(options({}, { ...adamOptions, nesterov: flag }), scaleByAdam),
    scaleByNadam: kind(options({}, adamOptions), scaleByNadam),
    adamEpsilonHat: kind(options(rate, moments), ({ learningRate, ...rest }) => adamEpsilonHat(learningRate, rest)),
    amsgradEpsilonHat: kind(options(rate, moments), ({ learningRate, ...rest }) =>
      amsgradEpsilonHat(learningRate, rest),
    ),
  }
}
