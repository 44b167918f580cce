/** Configs of transformations with Keras's formulas. */
import { clipnorm, globalClipnorm } from '../../transforms/clipnorm.js'
import { decayParams } from '../../transforms/decayParams.js'
import { kerasAdagrad } from '../../transforms/kerasAdagrad.js'
import { kerasLamb, lambMoments } from '../../transforms/kerasLamb.js'
import { kerasLars, larsMomentum } from '../../transforms/kerasLars.js'
import { kerasMomentum, upToOne } from '../../transforms/kerasMomentum.js'
import { kerasRmsprop } from '../../transforms/kerasRmsprop.js'
import { trustedRate } from '../../transforms/trustRatio.js'
import { kind, options } from '../kind.js'
import { mask } from '../masks.js'
import { momentsOf, rateOf, type Parts, type TransformKinds } from '../parts.js'
import { flag, notNegative } from '../values.js'

export const kerasKinds = (parts: Parts): TransformKinds => {
  const { of, h, one } = parts
  const [rate, moments] = [rateOf(parts), momentsOf(parts)]
  const momentum = of(upToOne)
  const layerwise = { weightDecay: h.finite, decayMask: mask, adaptMask: mask }
  return {
    clipnorm: one('c', h.positive, clipnorm),
    globalClipnorm: one('c', h.positive, globalClipnorm),
    decayParams: kind(options({ ...rate, weightDecay: h.finite }, { mask }), ({ learningRate, weightDecay, ...rest }) =>
      decayParams(learningRate, weightDecay, rest),
    ),
    kerasMomentum: kind(options(rate, { momentum, nesterov: flag }), ({ learningRate, ...rest }) =>
      kerasMomentum(learningRate, rest),
    ),
    kerasRmsprop: kind(
      options(rate, { rho: h.decayRate, momentum, eps: h.positive, centered: flag }),
      ({ learningRate, ...rest }) => kerasRmsprop(learningRate, rest),
    ),
    kerasAdagrad: kind(
      options(rate, { initialAccumulatorValue: notNegative, eps: h.positive }),
      ({ learningRate, ...rest }) => kerasAdagrad(learningRate, rest),
    ),
    kerasLamb: kind(options(rate, { ...moments, ...layerwise }), ({ learningRate, ...rest }) =>
      kerasLamb(learningRate, rest),
    ),
    kerasLars: kind(
      options(rate, { ...layerwise, momentum, eeta: h.nonNegative, nesterov: flag, classicMomentum: flag }),
      ({ learningRate, ...rest }) => kerasLars(learningRate, rest),
    ),
    // the links of `kerasLamb` and `kerasLars`
    lambMoments: kind(options(moments, {}), o => lambMoments(o.b1, o.b2, o.eps)),
    larsMomentum: kind(options({ momentum, nesterov: flag, descend: flag }, {}), o =>
      larsMomentum(o.momentum, o.nesterov, o.descend),
    ),
    trustedRate: kind(options({ ...rate, eeta: h.nonNegative, flipSign: flag }, {}), o =>
      trustedRate(o.learningRate, o.eeta, o.flipSign),
    ),
  }
}
