/** Rows of rules with cells: step sizes from distances, norms and the loss; and of what is made of them. */
import * as O from '../../../lib/index.js'
import type { Rows } from './row.js'

/** Where terms cancel, what remains has the rounding errors of the terms, in "five" those of optax's float32 too. */
const atol = 5e-8
const linear = O.linearSchedule(0.1, 0.01, 4)
const falling = O.linearSchedule(1, 0.1, 5)
const isKernel = { kernel: true, bias: false, gain: false }

export const estimating: Rows = {
  novograd: O.novograd(0.05, { weightDecay: 0.1 }),
  // the distances are differences of nearly equal numbers
  scale_by_distance_over_gradients: { tx: O.scaleByDistanceOverGradients(), atol: 2e-7 },
  dadapt_adamw: { tx: O.dadaptAdamw({ estimLr0: 1e-2, weightDecay: 0.1 }), atol },
  prodigy: O.prodigy({ estimLr0: 1e-2, weightDecay: 0.1 }),
  dog: O.dog({ initStep: ['distance', 0.01] }),
  dog_lr: O.dog({ initStep: ['learningRate', 0.01] }),
  polyak_sgd: O.polyakSgd(),
  polyak_sgd_plus: O.polyakSgd({ variant: 'sps+', fMin: 2.6, maxLearningRate: 0.5 }),
  momo: { tx: O.momo({ learningRate: 0.5 }), atol },
  momo_adapt: {
    tx: O.momo({ learningRate: 0.5, adaptLowerBound: true, weightDecay: 0.1 }),
    atol: 4 * atol, // the step size is a difference of losses
  },
  momo_adam: O.momoAdam({ learningRate: 0.05 }),
  reduce_on_plateau: O.reduceOnPlateau({ factor: 0.5, patience: 1, cooldown: 1 }),

  'scale_by_polyak()': O.scaleByPolyak(),
  'scale_by_polyak(f_min 1, max 0.2, eps 0.5)': O.scaleByPolyak({ fMin: 1, maxLearningRate: 0.2, eps: 0.5 }),
  'scale_by_polyak(f_min 2.5, sps+)': O.scaleByPolyak({ fMin: 2.5, variant: 'sps+' }),
  'scale_by_distance_over_gradients(reps_rel 0.1, global_scale 0.5)': O.scaleByDistanceOverGradients({
    repsRel: 0.1,
    eps: 1e-4,
    globalScale: 0.5,
  }),
  'scale_by_novograd()': O.scaleByNovograd(),
  'scale_by_novograd(0.8, 0.6, weight_decay 0.1)': {
    tx: O.scaleByNovograd({ b1: 0.8, b2: 0.6, eps: 1e-3, epsRoot: 1e-4, weightDecay: 0.1 }),
    atol: 2 * atol, // b1 is rounded to float32 in a sum of seven terms
  },
  'novograd(0.1)': O.novograd(0.1),
  'novograd(linear, 0.8, 0.6)': O.novograd(linear, { b1: 0.8, b2: 0.6, eps: 1e-3, epsRoot: 1e-4, weightDecay: 0.2 }),
  'polyak_sgd(0.3, 0.5)': O.polyakSgd({ maxLearningRate: 0.3, scaling: 0.5, fMin: 0.5 }),
  'polyak_sgd(scaling linear, sps+)': O.polyakSgd({
    maxLearningRate: 0.3,
    scaling: linear,
    fMin: 2,
    eps: 0.1,
    variant: 'sps+',
  }),
  'dadapt_adamw()': O.dadaptAdamw(),
  'dadapt_adamw(linear, estim_lr0 0.1)': O.dadaptAdamw({
    learningRate: linear,
    b1: 0.8,
    b2: 0.9,
    eps: 1e-4,
    estimLr0: 0.1,
    weightDecay: 0.2,
  }),
  'prodigy()': O.prodigy(),
  'prodigy(linear, estim_lr0 0.1, coef 2)': O.prodigy({
    learningRate: linear,
    b1: 0.8,
    b2: 0.9,
    eps: 1e-4,
    estimLr0: 0.1,
    estimLrCoef: 2,
    weightDecay: 0.2,
  }),
  'prodigy(beta3, safeguard_warmup)': O.prodigy({
    learningRate: 0.5,
    b1: 0.8,
    b2: 0.9,
    b3: 0.7,
    eps: 1e-4,
    estimLr0: 0.1,
    safeguardWarmup: true,
  }),
  'dog(heuristic 0.1)': O.dog({ initStep: ['heuristic', 0.1] }),
  'dog(linear, distance, decay, mask)': O.dog({
    learningRate: falling,
    initStep: ['distance', 0.1],
    eps: 1e-4,
    weightDecay: 0.2,
    mask: isKernel,
  }),
  'dog(learning_rate 0.1, decay)': O.dog({ learningRate: 0.5, initStep: ['learningRate', 0.1], weightDecay: 0.1 }),
  'dowg()': O.dowg(),
  'dowg(0.5, 0.1)': O.dowg({ learningRate: 0.5, initEstimSqDist: 0.1, eps: 1e-3 }),
  'dowg(linear, decay, mask)': O.dowg({
    learningRate: falling,
    initEstimSqDist: 0.1,
    weightDecay: 0.2,
    mask: isKernel,
  }),
  'momo()': O.momo(),
  'momo(linear, 0.5, 1, 0.2)': O.momo({ learningRate: falling, beta: 0.5, lowerBound: 1, weightDecay: 0.2 }),
  'momo(adapt_lower_bound 2)': O.momo({
    learningRate: 0.5,
    beta: 0.5,
    lowerBound: 2,
    weightDecay: 0.1,
    adaptLowerBound: true,
  }),
  'momo_adam()': O.momoAdam(),
  'momo_adam(linear, 0.8, 0.9, 1, 0.2)': O.momoAdam({
    learningRate: linear,
    b1: 0.8,
    b2: 0.9,
    eps: 1e-4,
    lowerBound: 1,
    weightDecay: 0.2,
  }),
  'momo_adam(adapt_lower_bound 2)': O.momoAdam({
    learningRate: 0.5,
    b1: 0.8,
    b2: 0.9,
    eps: 1e-4,
    lowerBound: 2,
    weightDecay: 0.1,
    adaptLowerBound: true,
  }),
  'zero first gradient of a leaf: novograd': O.novograd(0.1),
  'zero first gradient of a leaf: prodigy': O.prodigy({ estimLr0: 0.1 }),
  'zero first gradient of a leaf: dadapt_adamw': O.dadaptAdamw({ estimLr0: 0.1 }),
  'zero first gradient of a leaf: dog': O.dog({ initStep: ['distance', 0.1] }),
  'zero first gradient of a leaf: momo_adam': O.momoAdam({ learningRate: 0.1 }),
  'reduce_on_plateau()': O.reduceOnPlateau(),
  'adam, reduce_on_plateau(0.5, patience 1)': O.chain(
    O.adam(0.1),
    O.reduceOnPlateau({ factor: 0.5, patience: 1, rtol: 0.05 }),
  ),
  'reduce_on_plateau(windows of 2)': O.reduceOnPlateau({
    factor: 0.5,
    patience: 1,
    rtol: 0,
    atol: 0.5,
    cooldown: 1,
    accumulationSize: 2,
    minScale: 0.3,
  }),
}
