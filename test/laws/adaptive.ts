/** Rows of the table: adaptive rules per element, what corrects gradients before or after them, and their recipes. */
import * as O from '../../lib/index.js'
import type { Hyper } from '../../lib/index.js'
import { entry, type Entry } from './entry.js'

const moments = { b1: 0.9, b2: 0.99, eps: 1e-3 }
const adam = { ...moments, epsRoot: 1e-6 }
const adan = { b1: 0.9, b2: 0.8, b3: 0.95, eps: 1e-3, epsRoot: 1e-6 }
const mix = { ...adam, b3: 0.999, alpha: 2 }
const rms = { decay: 0.9, eps: 1e-3 }
const rprop = { etaMinus: 0.5, etaPlus: 1.2, minStepSize: 1e-3, maxStepSize: 2 }
const lion = { b1: 0.9, b2: 0.95 }
const weightDecay = 0.1

/** A row of what takes a rate and these options. */
const rated = (name: string, hyper: Readonly<Record<string, number>>, make: (lr: Hyper, rest: never) => unknown) =>
  entry<Readonly<Record<string, number>> & { readonly lr: number }>(name, { ...hyper, lr: 0.1 }, ({ lr, ...rest }) =>
    make(lr, rest as never),
  )

const rules: readonly Entry[] = [
  entry('scaleBySign', {}, () => O.scaleBySign()),
  entry('scaleByOptimisticGradient', { alpha: 0.7, beta: 0.3 }, O.scaleByOptimisticGradient),
  entry('scaleByRss', { eps: 1e-3 }, h => O.scaleByRss({ ...h, initialAccumulatorValue: 0.2 })),
  entry('scaleByRms', rms, O.scaleByRms),
  entry('scaleByRms corrected, eps outside', rms, h =>
    O.scaleByRms({ ...h, initialScale: 0.5, epsInSqrt: false, biasCorrection: true }),
  ),
  entry('scaleByStddev', rms, O.scaleByStddev),
  entry('scaleByStddev corrected, eps outside', rms, h =>
    O.scaleByStddev({ ...h, initialScale: 0.5, epsInSqrt: false, biasCorrection: true }),
  ),
  entry('scaleByAdam nesterov', adam, h => O.scaleByAdam({ ...h, nesterov: true })),
  entry('scaleByAmsgrad uncorrected', adam, h =>
    O.scaleByAmsgrad({ ...h, biasCorrectionMu: false, biasCorrectionNu: false }),
  ),
  entry('scaleByAdamax', moments, O.scaleByAdamax),
  rated('kerasAdamax', { ...moments }, O.kerasAdamax),
  entry('scaleByBelief', adam, O.scaleByBelief),
  entry('scaleByBelief nesterov', adam, h => O.scaleByBelief({ ...h, nesterov: true })),
  entry('scaleByYogi', adam, h => O.scaleByYogi({ ...h, initialAccumulatorValue: 1e-3 })),
  // With these numbers the third of three steps is rectified, and the first is not.
  entry('scaleByRadam', { ...adam, b2: 0.9, threshold: 4 }, O.scaleByRadam),
  entry('scaleByRadam nesterov', { ...adam, threshold: 5 }, h => O.scaleByRadam({ ...h, nesterov: true })),
  entry('scaleByLion', lion, O.scaleByLion),
  entry('scaleByLion smooth', { ...lion, smoothBeta: 2 }, h => O.scaleByLion({ ...h, mode: 'smooth' })),
  entry('scaleByLion refined', lion, h => O.scaleByLion({ ...h, mode: 'refined' })),
  entry('scaleByAdan', adan, O.scaleByAdan),
  entry('scaleByAdadelta', { rho: 0.9, eps: 1e-3 }, O.scaleByAdadelta),
  entry('scaleByRprop', rprop, h => O.scaleByRprop(0.1, h)),
  entry('ema', { decay: 0.9 }, h => O.ema(h.decay)),
  entry('ema biased', { decay: 0.9 }, h => O.ema(h.decay, { debias: false })),
  entry('scaleByAcprop', adam, O.scaleByAcprop),
  entry('scaleByAdemamix', mix, O.scaleByAdemamix),
  entry('scaleBySimplifiedAdemamix', { ...adam, alpha: 2 }, O.scaleBySimplifiedAdemamix),
  entry('scaleByAdopt', moments, O.scaleByAdopt),
  entry('scaleByAdopt nesterov, clipped', { ...moments, clipValueFn: 0.5 }, h =>
    O.scaleByAdopt({ ...h, nesterov: true }),
  ),
  entry('scaleByAdopt unclipped', moments, h => O.scaleByAdopt({ ...h, useClipping: false })),
  entry('scaleByCocob', { alpha: 10 }, h => O.scaleByCocob({ ...h, eps: 0.1 })),
  rated('scaleByMadgrad', { momentum: 0.9, eps: 1e-2 }, O.scaleByMadgrad),
  entry('scaleByCautiousAdam', adam, O.scaleByCautiousAdam),
  entry('scaleByCautiousLion', lion, O.scaleByCautiousLion),
  entry('addCautiousDecayedWeights', { weightDecay: 0.1 }, h => O.addCautiousDecayedWeights(h.weightDecay)),
  entry('addCautiousDecayedWeights masked', { weightDecay: 0.1 }, h =>
    O.addCautiousDecayedWeights(h.weightDecay, { mask: path => path.startsWith('a') }),
  ),
  entry('scaleByMars', { b1: 0.9, gamma: 0.05 }, O.scaleByMars),
  entry('grokfast', { alpha: 0.9, lamb: 2 }, O.grokfast),
  entry('orthoGrad', {}, () => O.orthoGrad()),
  entry('torchMomentum', { momentum: 0.9, dampening: 0.2 }, ({ momentum, ...h }) => O.torchMomentum(momentum, h)),
  entry('torchMomentum nesterov', { momentum: 0.9 }, h => O.torchMomentum(h.momentum, { nesterov: true })),
  rated('torchAdagrad', { lrDecay: 0.1, eps: 1e-3 }, O.torchAdagrad),
  rated('scheduleFreeAverage', {}, (lr, h: object) =>
    O.chain(O.scale(-0.1), O.scheduleFreeAverage(lr, { ...h, b1: 0.8 })),
  ),
  entry('scaleByScheduledNadam', { ...moments, momentumDecay: 0.1 }, O.scaleByScheduledNadam),
]

const recipes: readonly Entry[] = [
  rated('acprop', { weightDecay, ...adam }, O.acprop),
  rated('adabelief', { ...adam }, O.adabelief),
  rated('adabelief with decay', { weightDecay, ...adam }, O.adabelief),
  rated('adadelta', { weightDecay, rho: 0.9, eps: 1e-3 }, O.adadelta),
  rated('adagrad', { eps: 1e-3 }, O.adagrad),
  rated('adamax', { ...moments }, O.adamax),
  rated('adamaxw', { weightDecay, ...moments }, O.adamaxw),
  rated('adan', { weightDecay, ...adan }, O.adan),
  rated('ademamix', { weightDecay, ...mix }, O.ademamix),
  rated('adopt', { ...moments }, O.adopt),
  rated('amsgrad', { ...adam }, O.amsgrad),
  rated('cautiousAdamw', { weightDecay, ...adam }, O.cautiousAdamw),
  rated('cautiousLion', { weightDecay, ...lion }, O.cautiousLion),
  entry('cocob', { learningRate: 1, alpha: 10, weightDecay: 0.1 }, h => O.cocob({ ...h, eps: 0.1 })),
  rated('kerasNadam', { ...moments }, O.kerasNadam),
  rated('lion', { weightDecay, ...lion }, O.lion),
  rated('madgrad', { weightDecay, momentum: 0.9, eps: 1e-2 }, O.madgrad),
  rated('mars', { weightDecay, ...adam, gamma: 0.05 }, O.mars),
  rated('nadam', { ...adam }, O.nadam),
  rated('nadamw by name', { weightDecay, ...adam }, O.nadamw),
  rated('optimisticAdam', { ...adam, alpha: 0.7, beta: 0.3 }, O.optimisticAdam),
  rated('optimisticGradientDescent', { alpha: 0.7, beta: 0.3 }, O.optimisticGradientDescent),
  rated('radam', { ...adam, b2: 0.9, threshold: 4 }, O.radam),
  rated('rmsprop', { ...rms }, O.rmsprop),
  rated('rmsprop centered, momentum', { ...rms, momentum: 0.9 }, (lr, h: object) =>
    O.rmsprop(lr, { ...h, centered: true, nesterov: true }),
  ),
  entry('rprop', rprop, h => O.rprop(0.1, h)),
  rated('scheduleFree of adam', {}, lr => O.scheduleFree(O.adam(lr, { ...adam, b1: 0 }), lr, { weightLrPower: 1 })),
  rated('scheduleFreeAdamw', { b2: 0.9, eps: 1e-3, weightDecay }, O.scheduleFreeAdamw),
  rated('scheduleFreeSgd', { weightDecay }, O.scheduleFreeSgd),
  entry('signSgd', { lr: 0.1 }, h => O.signSgd(h.lr)),
  rated('signum', { beta: 0.9 }, O.signum),
  rated('simplifiedAdemamix', { weightDecay, ...adam, alpha: 2 }, O.simplifiedAdemamix),
  rated('torchNadam', { weightDecay, ...moments, momentumDecay: 0.1 }, O.torchNadam),
  rated('torchRmsprop', { weightDecay, alpha: 0.9, eps: 1e-3, momentum: 0.9 }, O.torchRmsprop),
  rated('torchSgd', { weightDecay, momentum: 0.9, dampening: 0.2 }, O.torchSgd),
  rated('yogi', { ...adam }, O.yogi),
]

export const adaptiveRules: readonly Entry[] = [...rules, ...recipes]
