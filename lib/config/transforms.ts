/** The transformations and recipes of this package as configs: an entry each, with the names of their arguments. */
import { chain, identity } from '../chain.js'
import { adam } from '../optimizers/adam.js'
import { adamw } from '../optimizers/adamw.js'
import { sgd } from '../optimizers/sgd.js'
import { aggregate } from '../replicas/aggregate.js'
import { decayRate, finite, nonNegative, positive, type Hyper, type Schedule } from '../rule/hyper.js'
import type { GradientTransformation } from '../transform.js'
import { scaleByAdam } from '../transforms/adam.js'
import { scaleByAmsgrad } from '../transforms/amsgrad.js'
import { clip, clipByGlobalNorm, clipByNorm } from '../transforms/clip.js'
import { clipnorm, globalClipnorm } from '../transforms/clipnorm.js'
import { addDecayedWeights } from '../transforms/decay.js'
import { decayParams } from '../transforms/decayParams.js'
import { adamEpsilonHat, amsgradEpsilonHat } from '../transforms/epsilonHat.js'
import { kerasAdagrad } from '../transforms/kerasAdagrad.js'
import { kerasLamb, lambMoments } from '../transforms/kerasLamb.js'
import { kerasLars, larsMomentum } from '../transforms/kerasLars.js'
import { kerasMomentum, upToOne } from '../transforms/kerasMomentum.js'
import { kerasRmsprop } from '../transforms/kerasRmsprop.js'
import { scaleByNadam } from '../transforms/nadam.js'
import { scale, scaleByLearningRate, scaleBySchedule } from '../transforms/scale.js'
import { trace } from '../transforms/trace.js'
import { trustedRate } from '../transforms/trustRatio.js'
import { scaleByMuon } from '../transforms/muon.js'
import { masked } from '../wrappers/masked.js'
import { multiSteps } from '../wrappers/multiSteps.js'
import { kind, options, type Codec, type Kind } from './kind.js'
import { later, links, namedLinks, namedChainOf } from './links.js'
import { mask } from './masks.js'
import { choice, flag, hyper, integer, interval, notNegative, numbers, positiveSteps } from './values.js'

export type TransformKind = Kind<GradientTransformation>

/** One entry for each factory. */
export const transforms = (
  transform: Codec<GradientTransformation>,
  schedule: Codec<Schedule>,
): Readonly<Record<string, TransformKind>> => {
  const of = hyper(schedule)
  const h = { finite: of(finite), positive: of(positive), nonNegative: of(nonNegative), decayRate: of(decayRate) }
  const moments = { b1: h.decayRate, b2: h.decayRate, eps: h.positive }
  const adamOptions = { ...moments, epsRoot: h.nonNegative }
  const rate = { learningRate: h.finite }
  const momentum = of(upToOne)
  const layerwise = { weightDecay: h.finite, decayMask: mask, adaptMask: mask }
  /** a factory with a single hyperparameter */
  const one = <K extends string>(key: K, codec: Codec<Hyper>, make: (value: Hyper) => GradientTransformation) =>
    kind(options({ [key]: codec } as Record<K, Codec<Hyper>>, {}), o => make(o[key]))
  return {
    chain: kind(options({ links: links(transform) }, {}), o => chain(...o.links)),
    namedChain: kind(options({ links: namedLinks(transform) }, {}), o => namedChainOf(o.links)),
    identity: kind(options({}, {}), () => identity()),
    masked: kind(options({ inner: later(transform), mask }, {}), o => masked(o.inner, o.mask)),
    multiSteps: kind(
      options({ inner: later(transform), everyK: interval(schedule) }, { useGradMean: flag }),
      ({ inner, everyK, ...rest }) => multiSteps(inner, everyK, rest),
    ),
    aggregate: kind(
      options({ how: choice('sum', 'mean') }, { each: later(transform), axis: integer }),
      ({ how, ...rest }): GradientTransformation => aggregate(how, rest as never),
    ),

    clip: one('maxDelta', h.positive, clip),
    clipByNorm: one('maxNorm', h.positive, clipByNorm),
    clipByGlobalNorm: one('maxNorm', h.positive, clipByGlobalNorm),
    clipnorm: one('c', h.positive, clipnorm),
    globalClipnorm: one('c', h.positive, globalClipnorm),
    scale: one('stepSize', h.finite, scale),
    scaleBySchedule: kind(options({ stepSizeFn: schedule }, {}), o => scaleBySchedule(o.stepSizeFn)),
    scaleByLearningRate: kind(options(rate, { flipSign: flag }), ({ learningRate, ...rest }) =>
      scaleByLearningRate(learningRate, rest),
    ),
    trace: kind(options({ decay: h.decayRate }, { nesterov: flag }), ({ decay, ...rest }) => trace(decay, rest)),
    addDecayedWeights: kind(options({}, { weightDecay: h.finite, mask }), ({ weightDecay, ...rest }) =>
      addDecayedWeights(weightDecay, rest),
    ),
    decayParams: kind(options({ ...rate, weightDecay: h.finite }, { mask }), ({ learningRate, weightDecay, ...rest }) =>
      decayParams(learningRate, weightDecay, rest),
    ),
    scaleByAdam: kind(options({}, adamOptions), scaleByAdam),
    scaleByMuon: kind(
      options({}, { beta: h.decayRate, eps: h.positive, nesterov: flag, nsSteps: positiveSteps, nsCoeffs: numbers }),
      ({ nsCoeffs, ...rest }) => scaleByMuon({ ...rest, ...(nsCoeffs && { nsCoeffs: nsCoeffs as never }) }),
    ),
    scaleByNadam: kind(options({}, adamOptions), scaleByNadam),
    scaleByAmsgrad: kind(options({}, adamOptions), scaleByAmsgrad),
    adamEpsilonHat: kind(options(rate, moments), ({ learningRate, ...rest }) => adamEpsilonHat(learningRate, rest)),
    amsgradEpsilonHat: kind(options(rate, moments), ({ learningRate, ...rest }) =>
      amsgradEpsilonHat(learningRate, rest),
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

    sgd: kind(options(rate, { momentum: h.decayRate, nesterov: flag }), ({ learningRate, ...rest }) =>
      sgd(learningRate, rest),
    ),
    adam: kind(options(rate, { ...adamOptions, nesterov: flag }), ({ learningRate, ...rest }) =>
      adam(learningRate, rest),
    ),
    adamw: kind(
      options(rate, { ...adamOptions, nesterov: flag, weightDecay: h.finite, mask }),
      ({ learningRate, ...rest }) => adamw(learningRate, rest),
    ),
  }
}
