/** Rows of rules with totals or cells, and of those in tfjs ops. */
import * as O from '../../../lib/index.js'
import type { Row, Rows } from './row.js'

/** Where terms cancel, what remains has the rounding errors of the terms, in "five" those of optax's float32 too. */
const atol = 5e-8
const linear = O.linearSchedule(0.1, 0.01, 4)
const warm = O.warmupCosineDecaySchedule(0.01, 0.1, 2, 6)
const isKernel = { kernel: true, bias: false, gain: false }
const min2 = { minDimSizeToFactor: 2 }

/** Dimension numbers of the leaves of "layers". */
const dimensions: Readonly<Record<string, O.MuonDimensionNumbers | null>> = {
  wide: { reductionAxis: 1, outputAxis: 0 },
  tall: {},
  bias: null,
}

/**
 * Elements of an orthogonal matrix that are almost 0 have the rounding errors of its others, which the iteration makes
 * larger: in float32 optax itself is off by up to fifteen times the relative tolerance there.
 */
const nearZero = 5e-7
const muonRows: Readonly<Record<string, Row['tx']>> = {
  muon_plain_rms: O.muon(0.05, { nesterov: false, consistentRms: 0.2, weightDecay: 0.1 }),
  muon_aol_dion: O.muon(0.05, { preconditioning: 'aol', nsCoeffs: 'dion' }),
  muon_schatten: O.muon(0.05, { preconditioning: 'schatten' }),
  'muon(0.1), layers': O.muon(0.1),
  'muon(linear, beta 0.8, ns_steps 3)': O.muon(linear, { beta: 0.8, nsSteps: 3, weightDecay: 0.1 }),
  'muon(adam_learning_rate, adam_weight_decay)': O.muon(0.1, {
    adamB1: 0.8,
    adamB2: 0.9,
    adamWeightDecay: 0.2,
    adamLearningRate: 0.03,
  }),
  'muon(adaptive)': O.muon(0.1, { adaptive: true }),
  'muon(no nesterov, own coefficients)': O.muon(0.1, { nsCoeffs: [2, -1.5, 0.5], nesterov: false }),
  'muon(coefficients by step)': O.muon(0.1, {
    nsCoeffs: [
      [3, -4, 2],
      [2, -1.5, 0.5],
    ],
  }),
  'muon(spectral)': O.muon(0.1, { preconditioning: 'spectral' }),
  'muon(aol)': O.muon(0.1, { preconditioning: 'aol' }),
  'muon(schatten, dion)': O.muon(0.1, { preconditioning: 'schatten', nsCoeffs: 'dion' }),
  'muon(decay mask)': O.muon(0.1, {
    weightDecay: 0.3,
    weightDecayMask: { wide: true, tall: false, bias: true },
    consistentRms: 0.2,
  }),
  'muon(dimension numbers)': O.muon(0.1, { muonWeightDimensionNumbers: path => dimensions[path] ?? null }),
}
const muons: Rows = Object.fromEntries(Object.entries(muonRows).map(([name, tx]) => [name, { tx, atol: nearZero }]))

export const totals: Rows = {
  lamb: { tx: O.lamb(0.05, { weightDecay: 0.1 }), atol },
  lars: O.lars(0.05, { weightDecay: 0.1, trustCoefficient: 0.1 }),
  fromage: O.fromage(0.05),
  sm3: O.sm3(0.05),
  adafactor_unfactored: O.adafactor(0.05),
  adafactor_no_lr: O.adafactor(undefined, min2),
  centralize: O.centralize(),
  normalize_by_update_norm: O.normalizeByUpdateNorm({ scaleFactor: 2 }),
  scale_by_trust_ratio: O.scaleByTrustRatio({ minNorm: 0.01, trustCoefficient: 0.5, eps: 1e-3 }),
  scale_by_param_block_norm: O.scaleByParamBlockNorm(),

  'scale_by_param_block_norm(0.5)': O.scaleByParamBlockNorm({ minScale: 0.5 }),
  'scale_by_param_block_rms()': O.scaleByParamBlockRms(),
  'scale_by_param_block_rms(0.7)': O.scaleByParamBlockRms({ minScale: 0.7 }),
  'scale_by_trust_ratio()': O.scaleByTrustRatio(),
  'scale_by_trust_ratio(min_norm 1)': O.scaleByTrustRatio({ minNorm: 1, trustCoefficient: 0.3 }),
  'normalize_by_update_norm()': O.normalizeByUpdateNorm(),
  'normalize()': O.normalize(),
  'clip_by_block_rms(0.5)': O.clipByBlockRms(0.5),
  'clip_by_global_norm(2)': O.clipByGlobalNorm(2),
  'adaptive_grad_clip(0.3)': O.adaptiveGradClip(0.3),
  'lamb(0.1)': O.lamb(0.1),
  'lamb(linear, 0.8, 0.9, mask)': O.lamb(linear, {
    b1: 0.8,
    b2: 0.9,
    eps: 1e-4,
    epsRoot: 1e-5,
    weightDecay: 0.2,
    mask: isKernel,
  }),
  'lars(1)': O.lars(1),
  'lars(linear, masks, nesterov)': O.lars(linear, {
    weightDecay: 0.2,
    weightDecayMask: isKernel,
    trustCoefficient: 0.3,
    eps: 1e-3,
    trustRatioMask: { kernel: true, bias: true, gain: false },
    momentum: 0.8,
    nesterov: true,
  }),
  'fromage(0.1, 0.5)': O.fromage(0.1, { minNorm: 0.5 }),
  'clip_by_global_norm, adamw(warmup_cosine)': {
    tx: O.chain(O.clipByGlobalNorm(1), O.adamw(warm, { weightDecay: 0.1 })),
    atol,
  },
  'centralize, sgd momentum': O.chain(O.centralize(), O.sgd(0.1, { momentum: 0.9 })),

  'zero first gradient of a leaf: lamb': O.lamb(0.1),
  'zero first gradient of a leaf: lars': O.lars(0.5, { weightDecay: 0.1 }),
  'zero first gradient of a leaf: fromage': O.fromage(0.1),
  'zero first gradient of a leaf: sm3': O.sm3(0.1),
  'zero first gradient of a leaf: adafactor': O.adafactor(0.1),

  'scale_by_factored_rms(min 2)': O.scaleByFactoredRms(min2),
  'scale_by_factored_rms(min 4, decay_rate 0.5)': O.scaleByFactoredRms({
    decayRate: 0.5,
    minDimSizeToFactor: 4,
    epsilon: 1e-3,
  }),
  'scale_by_factored_rms(not factored)': O.scaleByFactoredRms({ factored: false }),
  'adafactor(0.1, min 2)': O.adafactor(0.1, min2),
  'adafactor(linear, min 3, momentum)': { tx: O.adafactor(linear, { minDimSizeToFactor: 3, momentum: 0.8 }), atol: 1e-8 },
  'adafactor(0.1, min 2, weight decay, mask, no clipping)': O.adafactor(0.1, {
    ...min2,
    multiplyByParameterScale: false,
    clippingThreshold: null,
    weightDecayRate: 0.1,
    weightDecayMask: { tall: true, square: true, three: true, bias: false },
  }),
  'adafactor(0.1, not factored)': O.adafactor(0.1, { ...min2, factored: false, eps: 1e-6 }),
  'scale_by_sm3()': O.scaleBySm3(),
  'scale_by_sm3(0.8, 0.9, 1e-4)': O.scaleBySm3({ b1: 0.8, b2: 0.9, eps: 1e-4 }),
  'sm3(0.1, 0.5)': O.sm3(0.1, { momentum: 0.5 }),
  'adaptive_grad_clip(0.1), matrices': O.adaptiveGradClip(0.1),
  'adaptive_grad_clip(0.5, eps 0.5), matrices': O.adaptiveGradClip(0.5, { eps: 0.5 }),
  'centralize(), matrices': { tx: O.centralize(), atol },
  'lamb(0.1), matrices': { tx: O.lamb(0.1, { weightDecay: 0.1 }), atol },
  'clip_by_block_rms(0.5), matrices': O.clipByBlockRms(0.5),

  'adaptive_grad_clip(0.1), convolution': O.adaptiveGradClip(0.1),
  'adaptive_grad_clip(0.2, axis 0), convolution': O.masked(O.adaptiveGradClip(0.2, { axis: 0 }), {
    conv: true,
    column: true,
    bias: false,
  }),
  'centralize(), convolution': O.centralize(),
  'adafactor(0.1, min 2), convolution': O.adafactor(0.1, min2),
  'sm3(0.1), convolution': O.sm3(0.1),
  'adaptive_grad_clip, sgd momentum, convolution': O.chain(
    O.adaptiveGradClip(0.1),
    O.sgd(0.1, { momentum: 0.9, nesterov: true }),
  ),
  'sophia(0.1, squares as hessian)': O.sophia(0.1),
  'sophia(linear, decay, mask, squares as hessian)': O.sophia(linear, {
    b1: 0.8,
    b2: 0.9,
    eps: 1e-3,
    weightDecay: 0.2,
    weightDecayMask: isKernel,
    gamma: 0.5,
    clipThreshold: 0.3,
  }),
  'sophia(no clipping, squares as hessian)': O.sophia(0.1, { b1: 0.8, b2: 0.9, eps: 0.1, gamma: 2, clipThreshold: null }),

  ...muons,
}
