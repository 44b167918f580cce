/** Codecs of the options that adaptive transformations and the recipes made of them share. */
import { from4 } from '../../transforms/radam.js'
import { mask } from '../masks.js'
import { adamOptionsOf, momentsOf, rateOf, type Parts } from '../parts.js'
import { choice, flag, notNegative, positive as aboveZero } from '../values.js'

export const adaptiveOptions = (parts: Parts) => {
  const { h, of } = parts
  const { decayRate, finite, nonNegative, positive } = h
  const [adam, moments] = [adamOptionsOf(parts), momentsOf(parts)]
  const nesterov = { ...adam, nesterov: flag }
  const rms = { decay: decayRate, eps: positive, initialScale: notNegative, epsInSqrt: flag, biasCorrection: flag }
  return {
    rate: rateOf(parts),
    moments,
    adam,
    nesterov,
    rms,
    decay: { weightDecay: finite, mask },
    coupled: { weightDecay: finite, weightDecayMask: mask },
    adadelta: { rho: decayRate, eps: positive },
    adan: { ...adam, b3: decayRate },
    ademamix: { ...adam, b3: decayRate, alpha: nonNegative },
    adopt: { ...moments, nesterov: flag, useClipping: flag, clipValueFn: nonNegative },
    amsgrad: { ...adam, biasCorrectionMu: flag, biasCorrectionNu: flag },
    lion: { b1: decayRate, b2: decayRate },
    lionMode: choice('hard', 'smooth', 'refined'),
    madgrad: { momentum: decayRate, eps: positive },
    optimistic: { alpha: finite, beta: finite },
    radam: { ...nesterov, threshold: of(from4) },
    rprop: { etaMinus: positive, etaPlus: positive, minStepSize: positive, maxStepSize: positive },
    rss: { initialAccumulatorValue: notNegative, eps: positive },
    scheduleFree: { b1: aboveZero, weightLrPower: notNegative },
    simplifiedAdemamix: { ...adam, alpha: finite },
    torchMomentum: { dampening: finite, nesterov: flag },
  }
}
