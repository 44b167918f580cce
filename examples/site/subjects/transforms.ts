/** Examples of transformations that are not `name()` before `scaleByLearningRate`. */
import type { Rows } from './subject.js'

const before = (code: string, optimizer = 'sgd($rate)'): readonly [string, string] => [
  code,
  `chain(${code}, ${optimizer})`,
]
const after = (code: string, optimizer = 'sgd($rate)'): readonly [string, string] => [
  code,
  `chain(${optimizer}, ${code})`,
]
/** Between a direction and the learning rate. */
const between = (code: string): readonly [string, string] => [
  code,
  `chain(scaleByAdam(), ${code}, scaleByLearningRate($rate))`,
]
/** With a rate of its own, and a sign that is still to be turned. */
const rated = (name: string): readonly [string, string] => [`${name}($rate)`, `chain(${name}($rate), scale(-1))`]

export const transformRows: Rows = {
  adaptiveGradClip: before('adaptiveGradClip(0.05)'),
  addCautiousDecayedWeights: between('addCautiousDecayedWeights(0.01)'),
  addDecayedWeights: between('addDecayedWeights(0.01)'),
  addNoise: before('addNoise(0.1, 0.55, 42)'),
  adamEpsilonHat: ['adamEpsilonHat($rate)'],
  amsgradEpsilonHat: ['amsgradEpsilonHat($rate)'],
  applyEvery: after('applyEvery(4)'),
  centralize: [
    ...before('centralize()', 'adam($rate)'),
    'In the valley the gradient is a matrix of one row, whose mean is taken away: the path stays on a line.',
  ],
  clip: before('clip(0.5)'),
  clipByBlockRms: before('clipByBlockRms(0.5)'),
  clipByGlobalNorm: before('clipByGlobalNorm(1)'),
  clipByNorm: before('clipByNorm(1)'),
  clipnorm: before('clipnorm(1)'),
  decayParams: ['decayParams($rate, 0.01)', 'chain(decayParams($rate, 0.01), sgd($rate))'],
  ema: before('ema(0.9)'),
  emaOfParams: after('emaOfParams(0.99)', 'adam($rate)'),
  globalClipnorm: before('globalClipnorm(1)'),
  grokfast: before('grokfast()', 'adam($rate)'),
  keepParamsNonnegative: [
    ...after('keepParamsNonnegative()'),
    'The first step takes the negative coordinate to zero; parameters that the goal wants negative stay there.',
  ],
  kerasAdagrad: ['kerasAdagrad($rate)'],
  kerasAdamax: ['kerasAdamax($rate)'],
  kerasLamb: ['kerasLamb($rate)'],
  kerasLars: ['kerasLars($rate)'],
  kerasMomentum: ['kerasMomentum($rate)'],
  kerasRmsprop: ['kerasRmsprop($rate)'],
  orthoGrad: before('orthoGrad()'),
  reduceOnPlateau: after('reduceOnPlateau({ factor: 0.5, patience: 5, accumulationSize: 10 })', 'adam($rate)'),
  scale: ['scale(-$rate)'],
  scaleByDistanceOverGradients: before('scaleByDistanceOverGradients()', 'scale(-1)'),
  scaleByLearningRate: ['scaleByLearningRate($rate)'],
  scaleByMadgrad: ['scaleByMadgrad($rate)'],
  scaleByMuon: [
    'scaleByMuon()',
    "chain(partition({ matrix: scaleByMuon(), rest: scaleByAdam() }, { ranks: { 2: 'matrix' }, otherwise: 'rest' }), scaleByLearningRate($rate))",
    'The bias, which is no matrix, is left to Adam.',
  ],
  scaleByMars: ['scaleByMars()', 'chain(scaleByMars(), scaleByAdam(), scaleByLearningRate($rate))'],
  scaleByParamBlockNorm: between('scaleByParamBlockNorm()'),
  scaleByParamBlockRms: between('scaleByParamBlockRms()'),
  scaleByPolyak: before('scaleByPolyak()', 'scale(-1)'),
  scaleByRprop: rated('scaleByRprop'),
  scaleBySchedule: ['scaleBySchedule(cosineDecaySchedule(-$rate, 200))'],
  scaleByCocob: ['scaleByCocob()', 'chain(scaleByCocob(), scale(-$rate))'],
  scaleBySimplifiedAdemamix: [
    'scaleBySimplifiedAdemamix()',
    'chain(scaleBySimplifiedAdemamix(), scaleByLearningRate($rate / 100))',
    'Its mean of updates is a sum, up to a hundred times as large, so the rates tried are a hundredth of the usual ones.',
  ],
  scaleBySophia: ['scaleBySophia({ gamma: 0.5 })', 'chain(scaleBySophia({ gamma: 0.5 }), scaleByLearningRate($rate))'],
  scaleByTrustRatio: between('scaleByTrustRatio()'),
  scheduleFreeAverage: after('scheduleFreeAverage($rate)'),
  setToZero: [...after('setToZero()', 'adam($rate)'), 'Nothing moves, whatever comes before it.'],
  torchAdagrad: ['torchAdagrad($rate)'],
  torchMomentum: ['torchMomentum(0.9)', 'chain(torchMomentum(0.9), scaleByLearningRate($rate))'],
  trace: ['trace(0.9)', 'chain(trace(0.9), scaleByLearningRate($rate))'],
  zeroNans: before('zeroNans()'),
}
