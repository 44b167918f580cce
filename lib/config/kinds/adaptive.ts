/** Configs of the adaptive transformations, and of those that correct a gradient before or after one. */
import { scaleByAcprop } from '../../transforms/acprop.js'
import { scaleByAdadelta } from '../../transforms/adadelta.js'
import { scaleByAdamax } from '../../transforms/adamax.js'
import { scaleByAdan } from '../../transforms/adan.js'
import { scaleByAdemamix, scaleBySimplifiedAdemamix } from '../../transforms/ademamix.js'
import { scaleByAdopt } from '../../transforms/adopt.js'
import { scaleByAmsgrad } from '../../transforms/amsgrad.js'
import { scaleByBelief } from '../../transforms/belief.js'
import { scaleByCautiousAdam, scaleByCautiousLion } from '../../transforms/cautious.js'
import { addCautiousDecayedWeights } from '../../transforms/cautiousDecay.js'
import { scaleByCocob } from '../../transforms/cocob.js'
import { ema } from '../../transforms/ema.js'
import { grokfast } from '../../transforms/grokfast.js'
import { kerasAdamax } from '../../transforms/kerasAdamax.js'
import { scaleByLion } from '../../transforms/lion.js'
import { scaleByMadgrad } from '../../transforms/madgrad.js'
import { scaleByMars } from '../../transforms/mars.js'
import { scaleByOptimisticGradient } from '../../transforms/optimisticGradient.js'
import { orthoGrad } from '../../transforms/orthoGrad.js'
import { scaleByRadam } from '../../transforms/radam.js'
import { scaleByRms, scaleByStddev } from '../../transforms/rms.js'
import { scaleByRprop } from '../../transforms/rprop.js'
import { scaleByRss } from '../../transforms/rss.js'
import { scaleByScheduledNadam } from '../../transforms/scheduledNadam.js'
import { scaleBySign } from '../../transforms/sign.js'
import { scheduleFreeAverage } from '../../transforms/scheduleFree.js'
import { torchAdagrad } from '../../transforms/torchAdagrad.js'
import { torchMomentum } from '../../transforms/torchMomentum.js'
import { scaleByYogi } from '../../transforms/yogi.js'
import { kind, options } from '../kind.js'
import { mask } from '../masks.js'
import type { Parts, TransformKinds } from '../parts.js'
import { flag, notNegative, positive } from '../values.js'
import { adaptiveOptions } from './adaptiveOptions.js'

export const adaptiveKinds = (parts: Parts): TransformKinds => {
  const { h } = parts
  const o = adaptiveOptions(parts)
  return {
    addCautiousDecayedWeights: kind(options({ weightDecay: h.finite }, { mask }), ({ weightDecay, ...rest }) =>
      addCautiousDecayedWeights(weightDecay, rest),
    ),
    ema: kind(options({ decay: h.decayRate }, { debias: flag }), ({ decay, ...rest }) => ema(decay, rest)),
    grokfast: kind(options({}, { alpha: h.decayRate, lamb: h.nonNegative }), grokfast),
    kerasAdamax: kind(options(o.rate, o.moments), ({ learningRate, ...rest }) => kerasAdamax(learningRate, rest)),
    orthoGrad: kind(options({}, {}), () => orthoGrad()),
    scaleByAcprop: kind(options({}, o.adam), scaleByAcprop),
    scaleByAdadelta: kind(options({}, o.adadelta), scaleByAdadelta),
    scaleByAdamax: kind(options({}, o.moments), scaleByAdamax),
    scaleByAdan: kind(options({}, o.adan), scaleByAdan),
    scaleByAdemamix: kind(options({}, o.ademamix), scaleByAdemamix),
    scaleByAdopt: kind(options({}, o.adopt), scaleByAdopt),
    scaleByAmsgrad: kind(options({}, o.amsgrad), scaleByAmsgrad),
    scaleByBelief: kind(options({}, o.nesterov), scaleByBelief),
    scaleByCautiousAdam: kind(options({}, o.adam), scaleByCautiousAdam),
    scaleByCautiousLion: kind(options({}, o.lion), scaleByCautiousLion),
    scaleByCocob: kind(options({}, { alpha: h.nonNegative, eps: positive }), scaleByCocob),
    scaleByLion: kind(options({}, { ...o.lion, mode: o.lionMode, smoothBeta: h.positive }), scaleByLion),
    scaleByMadgrad: kind(options({ learningRate: h.nonNegative }, o.madgrad), ({ learningRate, ...rest }) =>
      scaleByMadgrad(learningRate, rest),
    ),
    scaleByMars: kind(options({}, { b1: h.decayRate, gamma: h.nonNegative }), scaleByMars),
    scaleByOptimisticGradient: kind(options({}, o.optimistic), scaleByOptimisticGradient),
    scaleByRadam: kind(options({}, o.radam), scaleByRadam),
    scaleByRms: kind(options({}, o.rms), scaleByRms),
    scaleByRprop: kind(options({ learningRate: positive }, o.rprop), ({ learningRate, ...rest }) =>
      scaleByRprop(learningRate, rest),
    ),
    scaleByRss: kind(options({}, o.rss), scaleByRss),
    scaleByScheduledNadam: kind(options({}, { ...o.moments, momentumDecay: h.nonNegative }), scaleByScheduledNadam),
    scaleBySign: kind(options({}, {}), () => scaleBySign()),
    scaleBySimplifiedAdemamix: kind(options({}, o.simplifiedAdemamix), scaleBySimplifiedAdemamix),
    scaleByStddev: kind(options({}, o.rms), scaleByStddev),
    scaleByYogi: kind(options({}, { ...o.adam, initialAccumulatorValue: notNegative }), scaleByYogi),
    scheduleFreeAverage: kind(options({ learningRate: h.nonNegative }, o.scheduleFree), ({ learningRate, ...rest }) =>
      scheduleFreeAverage(learningRate, rest),
    ),
    torchAdagrad: kind(
      options(o.rate, { lrDecay: h.nonNegative, initialAccumulatorValue: notNegative, eps: h.positive }),
      ({ learningRate, ...rest }) => torchAdagrad(learningRate, rest),
    ),
    torchMomentum: kind(options({ momentum: h.nonNegative }, o.torchMomentum), ({ momentum, ...rest }) =>
      torchMomentum(momentum, rest),
    ),
  }
}
