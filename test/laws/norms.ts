/** Rows of the table: transformations by norms, factored sums, noise, and their recipes. */
import * as O from '../../lib/index.js'
import { entry, type Entry } from './entry.js'

const adam = { b1: 0.9, b2: 0.99, eps: 1e-3, epsRoot: 1e-6 }
const trust = { minNorm: 0.1, trustCoefficient: 0.5, eps: 1e-3 }
const lars = { weightDecay: 0.1, trustCoefficient: 0.01, eps: 1e-3, momentum: 0.9 }
const onlyA = (path: string): boolean => path.startsWith('a')

export const normRules: readonly Entry[] = [
  entry('normalize', {}, () => O.normalize()),
  entry('normalizeByUpdateNorm', { scaleFactor: 2, eps: 1e-3 }, O.normalizeByUpdateNorm),
  entry('clipByBlockRms', { threshold: 0.7 }, h => O.clipByBlockRms(h.threshold)),
  entry('scaleByParamBlockNorm', { minScale: 0.01 }, O.scaleByParamBlockNorm),
  entry('scaleByParamBlockRms', { minScale: 0.01 }, O.scaleByParamBlockRms),
  entry('scaleByTrustRatio', trust, O.scaleByTrustRatio),
  entry('scaleByTrustRatio plain', {}, () => O.scaleByTrustRatio()),
  entry('lamb', { lr: 0.1, weightDecay: 0.1, ...adam }, ({ lr, ...h }) => O.lamb(lr, h)),
  entry('lamb masked', { lr: 0.1, weightDecay: 0.1 }, ({ lr, ...h }) => O.lamb(lr, { ...h, mask: onlyA })),
  entry('lars', { lr: 0.1, ...lars }, ({ lr, ...h }) => O.lars(lr, h)),
  entry('lars nesterov, masked', { lr: 0.1, ...lars }, ({ lr, ...h }) =>
    O.lars(lr, { ...h, nesterov: true, weightDecayMask: onlyA, trustRatioMask: onlyA }),
  ),
  entry('scaleByFactoredRms, not factored', { decayRate: 0.7, epsilon: 1e-3 }, h =>
    O.scaleByFactoredRms({ ...h, factored: false }),
  ),
  entry('fromage', { lr: 0.1, minNorm: 1e-3 }, ({ lr, minNorm }) => O.fromage(lr, { minNorm })),
]

const small = { minDimSizeToFactor: 2 }

/** Links in tfjs ops, which only tensors can run. */
export const normsInOps: readonly Entry[] = [
  entry('centralize', {}, () => O.centralize()),
  entry('centralize by outputs', {}, () => O.centralize({ axis: -2 })),
  entry('adaptiveGradClip', { clipping: 0.5, eps: 0.01 }, ({ clipping, eps }) => O.adaptiveGradClip(clipping, { eps })),
  entry('scaleByFactoredRms', { decayRate: 0.7, epsilon: 1e-6 }, h => O.scaleByFactoredRms({ ...h, ...small })),
  entry('scaleBySm3', { b1: 0.8, b2: 1, eps: 1e-6 }, O.scaleBySm3),
  entry('scaleBySm3 decaying', { b1: 0.8, b2: 0.9 }, O.scaleBySm3),
  entry('addNoise', { eta: 0.3, gamma: 0.55 }, h => O.addNoise(h.eta, h.gamma, 42)),
  entry('noisySgd', { lr: 0.1, eta: 0.3, gamma: 0.55 }, ({ lr, ...h }) => O.noisySgd(lr, h)),
  entry('sm3', { lr: 0.1, momentum: 0.9 }, ({ lr, ...h }) => O.sm3(lr, h)),
  entry('adafactor', { lr: 0.1, decayRate: 0.7 }, ({ lr, ...h }) => O.adafactor(lr, { ...h, ...small })),
  entry('adafactor with everything', { lr: 0.1, momentum: 0.9, weightDecayRate: 0.01 }, ({ lr, ...h }) =>
    O.adafactor(lr, { ...h, ...small, clippingThreshold: 0.5, weightDecayMask: onlyA }),
  ),
  entry('adafactor in a mask, by nothing', {}, () =>
    O.masked(
      O.adafactor(undefined, { clippingThreshold: null, multiplyByParameterScale: false, minDimSizeToFactor: 2 }),
      onlyA,
    ),
  ),
  entry('scaleBySophia', { b1: 0.9, b2: 0.8, eps: 0.1, gamma: 0.5, clipThreshold: 0.7 }, O.scaleBySophia),
  entry('sophia', { lr: 0.1, weightDecay: 0.1 }, ({ lr, ...h }) =>
    O.sophia(lr, { ...h, clipThreshold: null, eps: 0.1 }),
  ),
  entry('muon', { lr: 0.1, beta: 0.9, eps: 1e-3, weightDecay: 0.1 }, ({ lr, ...h }) => O.muon(lr, h)),
  entry('muon with everything', { lr: 0.1, weightDecay: 0.1, adamWeightDecay: 0.2 }, ({ lr, ...h }) =>
    O.muon(lr, {
      ...h,
      nsCoeffs: 'dion',
      preconditioning: 'aol',
      adaptive: true,
      nesterov: false,
      consistentRms: 0.2,
      weightDecayMask: onlyA,
    }),
  ),
  entry('muon by dimension numbers', { lr: 0.1 }, ({ lr }) =>
    O.muon(lr, {
      preconditioning: 'spectral',
      muonWeightDimensionNumbers: (_path, { rank }) => (rank < 2 ? null : { reductionAxis: -1, outputAxis: 0 }),
    }),
  ),
  entry('muon of batches', { lr: 0.1 }, ({ lr }) =>
    O.muon(lr, {
      preconditioning: 'schatten',
      muonWeightDimensionNumbers: (_path, { rank }) => (rank < 2 ? null : {}),
    }),
  ),
]
