/** Configs of transformations by norms, of those with factored sums, and of noise. */
import { adaptiveGradClip } from '../../transforms/adaptiveGradClip.js'
import { addNoise } from '../../transforms/addNoise.js'
import { clipByBlockRms } from '../../transforms/blockRms.js'
import { centralize } from '../../transforms/centralize.js'
import { scaleByFactoredRms } from '../../transforms/factoredRms.js'
import { upToOne } from '../../transforms/kerasMomentum.js'
import { scaleByParamBlockNorm, scaleByParamBlockRms } from '../../transforms/paramNorms.js'
import { scaleByTrustRatio } from '../../transforms/scaleByTrustRatio.js'
import { scaleBySm3 } from '../../transforms/sm3.js'
import { normalize, normalizeByUpdateNorm } from '../../transforms/updateNorm.js'
import { kind, options } from '../kind.js'
import type { Parts, TransformKinds } from '../parts.js'
import { axes, flag, positiveSteps, steps } from '../values.js'

/** The options of factored sums but `epsilon`, which recipes call `eps`. */
export const factoredOptions = ({ h }: Parts) => ({
  factored: flag,
  decayRate: h.positive,
  minDimSizeToFactor: positiveSteps,
})

export const normKinds = (parts: Parts): TransformKinds => {
  const { of, h, one } = parts
  const minScale = { minScale: h.nonNegative }
  return {
    normalize: kind(options({}, {}), () => normalize()),
    normalizeByUpdateNorm: kind(options({}, { scaleFactor: h.finite, eps: h.nonNegative }), normalizeByUpdateNorm),
    clipByBlockRms: one('threshold', h.positive, clipByBlockRms),
    scaleByParamBlockNorm: kind(options({}, minScale), scaleByParamBlockNorm),
    scaleByParamBlockRms: kind(options({}, minScale), scaleByParamBlockRms),
    scaleByTrustRatio: kind(
      options({}, { minNorm: h.nonNegative, trustCoefficient: h.nonNegative, eps: h.nonNegative }),
      scaleByTrustRatio,
    ),
    centralize: kind(options({}, { axis: axes }), centralize),
    adaptiveGradClip: kind(
      options({ clipping: h.positive }, { eps: h.nonNegative, axis: axes }),
      ({ clipping, ...rest }) => adaptiveGradClip(clipping, rest),
    ),
    scaleByFactoredRms: kind(
      options({}, { ...factoredOptions(parts), stepOffset: steps, epsilon: h.positive }),
      scaleByFactoredRms,
    ),
    scaleBySm3: kind(options({}, { b1: h.decayRate, b2: of(upToOne), eps: h.positive }), scaleBySm3),
    addNoise: kind(options({ eta: h.nonNegative, gamma: h.finite, seed: steps }, {}), o =>
      addNoise(o.eta, o.gamma, o.seed),
    ),
  }
}
