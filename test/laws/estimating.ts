/** Rows of the table: rules with cells, which estimate step sizes from distances, norms and the loss; their recipes. */
import * as O from '../../lib/index.js'
import { entry, type Entry } from './entry.js'

const novograd = { b1: 0.9, b2: 0.25, eps: 1e-3, epsRoot: 1e-6, weightDecay: 0.1 }
const polyak = { fMin: 0.25, maxLearningRate: 0.5, eps: 0.1 }
const estimated = { learningRate: 0.5, b1: 0.9, b2: 0.99, eps: 1e-3, estimLr0: 0.1, weightDecay: 0.1 }
const model = { learningRate: 0.5, lowerBound: 0.1, weightDecay: 0.1 }
const onlyA = (path: string): boolean => path.startsWith('a')
const shrinking = { factor: 0.5, patience: 1, rtol: 0.1, atol: 0.01, cooldown: 1, minScale: 0.1 }

export const estimatingRules: readonly Entry[] = [
  entry('scaleByNovograd', novograd, O.scaleByNovograd),
  entry('scaleByNovograd without decay', { b2: 0.5 }, O.scaleByNovograd),
  entry('novograd', { lr: 0.1, ...novograd }, ({ lr, ...h }) => O.novograd(lr, h)),
  entry('scaleByPolyak', polyak, O.scaleByPolyak),
  entry('scaleByPolyak sps+', polyak, h => O.scaleByPolyak({ ...h, variant: 'sps+' })),
  entry('polyakSgd', { ...polyak, scaling: 0.5 }, O.polyakSgd),
  entry('scaleByDistanceOverGradients', { repsRel: 0.1, eps: 0.01, globalScale: 0.5 }, O.scaleByDistanceOverGradients),
  entry('dog', { value: 0.1, eps: 0.01, weightDecay: 0.1, learningRate: 0.5 }, ({ value, ...h }) =>
    O.dog({ ...h, initStep: ['heuristic', value] }),
  ),
  entry('dog distance, masked', { value: 0.1, weightDecay: 0.1 }, ({ value, ...h }) =>
    O.dog({ ...h, initStep: ['distance', value], mask: onlyA }),
  ),
  entry('dog learningRate', { value: 0.1 }, ({ value }) => O.dog({ initStep: ['learningRate', value] })),
  entry('dowg', { initEstimSqDist: 0.1, eps: 0.01, weightDecay: 0.1, learningRate: 0.5 }, O.dowg),
  entry('dowg plain', { eps: 0.01 }, O.dowg),
  entry('prodigy', estimated, O.prodigy),
  entry('prodigy with everything, masked', { ...estimated, b3: 0.7, estimLrCoef: 2 }, h =>
    O.prodigy({ ...h, safeguardWarmup: true, weightDecayMask: onlyA }),
  ),
  entry('prodigy by path', {}, () => O.prodigy({ learningRate: O.byPath([['a', 0.5]], 0.25), estimLr0: 0.1 })),
  entry('dadaptAdamw', estimated, O.dadaptAdamw),
  entry('momo', { ...model, beta: 0.9 }, O.momo),
  entry('momo adapting', { ...model, beta: 0.5 }, h => O.momo({ ...h, adaptLowerBound: true })),
  entry('momoAdam', { ...model, b1: 0.9, b2: 0.99, eps: 1e-3 }, O.momoAdam),
  entry('momoAdam adapting', { ...model, b1: 0.9, b2: 0.99, eps: 1e-3 }, h =>
    O.momoAdam({ ...h, adaptLowerBound: true }),
  ),
  entry('reduceOnPlateau', shrinking, O.reduceOnPlateau),
  entry('reduceOnPlateau by windows', { factor: 0.5 }, h =>
    O.chain(O.trace(0.9), O.reduceOnPlateau({ ...h, patience: 1, accumulationSize: 2 })),
  ),
]
