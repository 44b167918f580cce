/** Configs of the recipes of adaptive transformations. */
import type * as t from 'io-ts'
import { acprop } from '../../optimizers/acprop.js'
import { adabelief } from '../../optimizers/adabelief.js'
import { adadelta } from '../../optimizers/adadelta.js'
import { adagrad } from '../../optimizers/adagrad.js'
import { adamax, adamaxw } from '../../optimizers/adamax.js'
import { adan } from '../../optimizers/adan.js'
import { ademamix, simplifiedAdemamix } from '../../optimizers/ademamix.js'
import { adopt } from '../../optimizers/adopt.js'
import { amsgrad } from '../../optimizers/amsgrad.js'
import { cautiousAdamw, cautiousLion } from '../../optimizers/cautious.js'
import { cocob } from '../../optimizers/cocob.js'
import { kerasNadam } from '../../optimizers/kerasNadam.js'
import { lion } from '../../optimizers/lion.js'
import { madgrad } from '../../optimizers/madgrad.js'
import { mars } from '../../optimizers/mars.js'
import { nadam, nadamw } from '../../optimizers/nadam.js'
import { optimisticAdam, optimisticGradientDescent } from '../../optimizers/optimistic.js'
import { radam } from '../../optimizers/radam.js'
import { rmsprop } from '../../optimizers/rmsprop.js'
import { rprop } from '../../optimizers/rprop.js'
import { signSgd, signum } from '../../optimizers/signSgd.js'
import { scheduleFree, scheduleFreeAdamw, scheduleFreeSgd } from '../../optimizers/scheduleFree.js'
import { torchNadam, torchRmsprop, torchSgd } from '../../optimizers/torch.js'
import { yogi } from '../../optimizers/yogi.js'
import type { Hyper } from '../../rule/hyper.js'
import type { GradientTransformation } from '../../transform.js'
import { kind, options } from '../kind.js'
import { later } from '../links.js'
import type { Parts, TransformKind, TransformKinds } from '../parts.js'
import { flag, notNegative, positive, positiveSteps } from '../values.js'
import { adaptiveOptions } from './adaptiveOptions.js'

export const adaptiveOptimizerKinds = (parts: Parts): TransformKinds => {
  const { transform, h, one } = parts
  const o = adaptiveOptions(parts)
  /** A recipe that takes a rate, and these options. */
  const rated = <P extends t.Props>(
    given: P,
    make: (learningRate: Hyper, rest: Partial<Readonly<t.TypeOfPartialProps<P>>>) => GradientTransformation,
  ): TransformKind => kind(options(o.rate, given), ({ learningRate, ...rest }) => make(learningRate, rest as never))
  return {
    acprop: rated({ ...o.adam, ...o.decay }, acprop),
    adabelief: rated({ ...o.nesterov, ...o.coupled }, adabelief),
    adadelta: rated({ ...o.adadelta, ...o.coupled }, adadelta),
    adagrad: rated(o.rss, adagrad),
    adamax: rated(o.moments, adamax),
    adamaxw: rated({ ...o.moments, ...o.decay }, adamaxw),
    adan: rated({ ...o.adan, ...o.decay }, adan),
    ademamix: rated({ ...o.ademamix, ...o.decay }, ademamix),
    adopt: rated(o.adopt, adopt),
    amsgrad: rated(o.amsgrad, amsgrad),
    cautiousAdamw: rated({ ...o.adam, ...o.decay }, cautiousAdamw),
    cautiousLion: rated({ ...o.lion, ...o.decay }, cautiousLion),
    cocob: kind(options({}, { learningRate: h.finite, alpha: h.nonNegative, eps: positive, ...o.decay }), cocob),
    kerasNadam: rated(o.moments, kerasNadam),
    lion: rated({ ...o.lion, ...o.decay }, lion),
    madgrad: kind(
      options({ learningRate: h.nonNegative }, { ...o.madgrad, weightDecay: h.finite }),
      ({ learningRate, ...rest }) => madgrad(learningRate, rest),
    ),
    mars: rated({ ...o.adam, gamma: h.nonNegative, ...o.decay }, mars),
    nadam: rated(o.adam, nadam),
    nadamw: rated({ ...o.adam, ...o.decay }, nadamw),
    optimisticAdam: rated({ ...o.nesterov, ...o.optimistic }, optimisticAdam),
    optimisticGradientDescent: rated(o.optimistic, optimisticGradientDescent),
    radam: rated(o.radam, radam),
    rmsprop: rated({ ...o.rms, centered: flag, momentum: h.decayRate, nesterov: flag }, rmsprop),
    rprop: kind(options({ learningRate: positive }, o.rprop), ({ learningRate, ...rest }) => rprop(learningRate, rest)),
    scheduleFree: kind(
      options({ base: later(transform), learningRate: h.nonNegative }, o.scheduleFree),
      ({ base, learningRate, ...rest }) => scheduleFree(base, learningRate, rest),
    ),
    scheduleFreeAdamw: rated(
      { ...o.scheduleFree, warmupSteps: positiveSteps, weightDecay: h.finite, b2: h.decayRate, eps: h.positive },
      scheduleFreeAdamw,
    ),
    scheduleFreeSgd: rated({ ...o.scheduleFree, warmupSteps: positiveSteps, weightDecay: h.finite }, scheduleFreeSgd),
    signSgd: one('learningRate', h.finite, signSgd),
    signum: rated({ beta: h.decayRate }, signum),
    simplifiedAdemamix: rated({ ...o.simplifiedAdemamix, ...o.decay }, simplifiedAdemamix),
    torchNadam: rated({ ...o.moments, momentumDecay: h.nonNegative, weightDecay: h.finite }, torchNadam),
    torchRmsprop: rated(
      { alpha: h.decayRate, eps: h.positive, momentum: h.decayRate, centered: flag, weightDecay: h.finite },
      torchRmsprop,
    ),
    torchSgd: rated({ ...o.torchMomentum, momentum: h.nonNegative, weightDecay: h.finite }, torchSgd),
    yogi: rated({ ...o.adam, initialAccumulatorValue: notNegative }, yogi),
  }
}
